import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { sql } from 'kysely';
import { approveRun } from '../../src/commands/approve-run.ts';
import { markPlansShown } from '../../src/db/plans.ts';
import { findCurrentVersion, insertVersion } from '../../src/db/state-versions.ts';
import { adoptionSeconds } from '../../src/queue/reap.ts';
import { sweep } from '../../src/queue/sweep.ts';
import { isFinal } from '../../src/run/transition.ts';
import { seal } from '../../src/secret/envelope.ts';
import { sweepForLong } from '../queue/worker.ts';
import { stateText } from '../state/state-server.ts';
import { admin, type Play, writer } from './play.ts';

type Act = (play: Play, choice: number) => Promise<void>;

/** Something that happens to the real thing, after which the oracle looks. */
class Happening implements fc.AsyncCommand<object, Play> {
  readonly #name: string;
  readonly #act: Act;
  readonly #choice: number;

  constructor(name: string, act: Act, choice: number) {
    this.#name = name;
    this.#act = act;
    this.#choice = choice;
  }

  check(): boolean {
    return true;
  }

  async run(_: object, play: Play): Promise<void> {
    await this.#act(play, this.#choice);
    await play.oracle.look();
  }

  toString(): string {
    return `${this.#name} ${this.#choice}`;
  }
}

/** `choice`: which worker, webhook or run is meant, of as many as there are. */
export const acts: Record<string, Act> = {
  push: (play, choice) => play.push(choice % 3 === 0 ? 'main' : 'change'),
  deliver: (play, choice) => play.deliverNext(choice, false),
  'deliver and come again': (play, choice) => play.deliverNext(choice, true),
  work: async (play, choice) => {
    for (let times = 0; times <= choice % 3; times += 1) await work(play, choice);
  },
  'approve on the pull request': async (play) => {
    if (play.plans.size === 0) return;
    await show(play);
    await play.comment(writer, '/approve');
    await play.deliverNext(play.pending.length - 1, false);
  },
  'approve on the page': async (play) => {
    const waiting = (await play.oracle.runs()).find(({ status }) => status === 'unconfirmed');
    if (!waiting || !play.permitted) return;
    await play.oracle.noteApproval(waiting.id);
    await approveRun(play.house.webhooks, waiting, { login: writer, permission: 'write' });
  },
  cancel: async (play) => {
    await play.comment(writer, '/cancel');
    await play.deliverNext(play.pending.length - 1, false);
  },
  'revoke or give permission': async (play, choice) => {
    play.permitted = choice % 4 !== 0;
    play.house.sandbox.setPermission(play.repository, writer, play.permitted ? 'write' : 'read');
  },
  kill: async (play, choice) => {
    const worker = play.workers[choice % 2];
    if (worker && worker.process !== 'dead') await worker.kill();
  },
  restart: async (play, choice) => {
    if (play.workers[choice % 2]?.process === 'dead') await play.startWorker(choice % 2);
  },
  pause: async (play, choice) => {
    const worker = play.workers[choice % 2];
    if (worker?.process === 'up') worker.pause();
  },
  continue: async (play, choice) => {
    const worker = play.workers[choice % 2];
    if (worker?.process === 'paused') worker.continue();
  },
  'leases run out': async (play) => {
    await expireLeases(play);
    await sweepNow(play);
  },
  'deadlines pass': async (play, choice) => {
    if (choice % 4 !== 0) return;
    await sql`update runs set deadline_at = clock_timestamp() - interval '1 second'
      where stack_id = ${play.stackId} and deadline_at is not null`.execute(play.house.database.db);
    await sweepNow(play);
  },
  'an engine ends': async ({ ledger }) => {
    for (const applied of ledger.findLive()) await ledger.endEngine(applied);
  },
  'an engine is killed': async ({ ledger }) => {
    for (const applied of ledger.findLive()) applied.process = 'killed';
  },
  'write the state': writeState,
  /** An admin has looked: no engine lives. */
  unlock: async (play) => {
    if (play.ledger.findLive().length > 0) return;
    for (const worker of play.workers) await worker.watch();
    await play.comment(admin, '/unlock');
    await play.deliverNext(play.pending.length - 1, false);
  },
};

/** What makes something happen comes more often than what stops it. */
const often: Record<string, number> = {
  work: 24,
  'approve on the pull request': 8,
  'approve on the page': 3,
  deliver: 4,
};

export const happenings = Object.entries(acts).flatMap(([name, act]) =>
  Array.from({ length: often[name] ?? 1 }, () => fc.nat(11).map((choice) => new Happening(name, act, choice))),
);

/** A worker takes a run, or the next step of what it has in hand. */
export async function work(play: Play, choice: number): Promise<void> {
  const worker = play.workers[choice % 2];
  if (worker?.process !== 'up') return;
  if (worker.job) return worker.step();
  const waiting = (await play.oracle.runs()).filter(({ status }) => status === 'queued' || status === 'approved');
  const run = waiting[Math.floor(choice / 2) % Math.max(waiting.length, 1)];
  if (run) await worker.claim(run.id);
}

/** As the comment does that shows plans, a while ago. */
async function show(play: Play): Promise<void> {
  const finished = (await play.oracle.runs()).filter(({ status }) => isFinal(status));
  const ids = finished.map(({ id }) => id);
  await markPlansShown(play.house.database.db, ids, new Date(Date.now() - 5_000));
}

/** Of those whose worker is dead or stands still. */
async function expireLeases(play: Play): Promise<void> {
  const up = play.workers.filter(({ process }) => process === 'up').map(({ id }) => id);
  await play.house.database.db
    .updateTable('runs')
    .set({ lease_expires_at: sql<Date>`clock_timestamp() - make_interval(secs => ${adoptionSeconds + 1})` })
    .where('stack_id', '=', play.stackId)
    .where('lease_expires_at', 'is not', null)
    .where('worker_id', 'not in', up.length === 0 ? [randomUUID()] : up)
    .execute();
}

async function sweepNow({ house }: Play): Promise<void> {
  await sweepForLong(house.database.db);
  await sweep({ db: house.database.db, log: house.common.log, jobs: house.jobs });
}

/** By somebody else, as an import does. */
async function writeState({ house, stackId, ledger }: Play): Promise<void> {
  const { db } = house.database;
  const present = await findCurrentVersion(db, stackId);
  const serial = String(BigInt(present?.serial ?? 0) + 1n);
  const lineage = present?.lineage ?? `lineage of ${stackId}`;
  const text = stateText(serial, lineage);
  const id = randomUUID();
  const bytes = seal(house.common.masterKey, Buffer.from(text), `state_versions/${id}`);
  const row = { id, stack_id: stackId, serial, lineage, md5: '0', size: text.length, bytes, created_by: 'lee' };
  await db.transaction().execute((trx) => insertVersion(trx, row));
  ledger.acknowledged.push({ stackId, text });
}
