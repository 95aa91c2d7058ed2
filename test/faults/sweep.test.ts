import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import type { Run } from '../../src/db/runs.ts';
import { createLog } from '../../src/log.ts';
import { isFinal } from '../../src/run/transition.ts';
import { parseMasterKey } from '../../src/secret/envelope.ts';
import {
  approve,
  countWork,
  type FaultWorld,
  findTracked,
  logOf,
  openFaultWorld,
  pushEntry,
} from '../support/fault-world.ts';
import { eventually } from '../support/patience.ts';
import type { ZenfraProcess } from '../support/zenfra-process.ts';
import { type Case, casesOf } from './sweep-cases.ts';

/**
 * Every boundary with one kind of fault; with `ZENFRA_TEST_SWEEP=whole`, which takes minutes, with every kind. Cases in a row share a world, each with a stack of its own; a server that
 * nothing happens to takes the webhooks, and the process that something happens to is server and worker in one.
 */
test('whatever happens at whatever boundary, the run ends as it must and the ledger agrees', {
  concurrency: 3,
}, async (t) => {
  const rows: [string, Case[]][] = [
    ['killed', casesOf('kill')],
    ['an error', casesOf('throw')],
    ['stopped past its lease, and going on later', casesOf('pause')],
  ];
  await Promise.all(rows.map(([name, cases]) => t.test(name, (row) => play(row, cases))));
});

interface Row {
  world: FaultWorld;
  cases: Case[];
  /** The process that the next fault happens to. */
  active: ZenfraProcess;
}

async function play(t: TestContext, cases: Case[]): Promise<void> {
  const world = await openFaultWorld(t, { stacks: cases.map(({ name }) => name.replaceAll('_', '-')) });
  await serve(world);
  const row: Row = { world, cases, active: await world.zenfra.beside() };
  await startArmed(row, row.active, 0);
  for (const [index, { name, expected }] of cases.entries()) {
    const title = `${name}: ${expected.status}${expected.unknown ? ', outcome unknown' : ''}`;
    await t.test(title, () => playOne(row, index));
  }
}

async function serve({ zenfra, after }: FaultWorld): Promise<void> {
  const loaded = loadConfig({ ...zenfra.environment, PORT: new URL(zenfra.url).port });
  assert.ok(loaded.ok);
  const { config } = loaded;
  const server = await createApp({
    config: { ...config, databaseUrl: config.databaseUrl ?? '' },
    masterKey: parseMasterKey(zenfra.environment.ZENFRA_SECRET_KEY ?? ''),
    role: 'server',
    log: createLog('fatal'),
  });
  after(() => server.stop());
}

/** With the faults that are still to come. The runs are numbered as they are made, from 1. */
async function startArmed({ cases }: Row, one: ZenfraProcess, from: number): Promise<void> {
  const points = cases.map(({ name, action }, index) => `${name}:${action}:${index + 1}`).slice(from);
  await one.start({ environment: { ZENFRA_FAILPOINT: points.join(',') } });
}

async function playOne(row: Row, index: number): Promise<void> {
  const { world, cases } = row;
  const [one, met] = [cases[index], row.active];
  assert.ok(one);
  const stack = one.name.replaceAll('_', '-');
  const commit = await pushEntry(world, { stack });
  const run = await seeEnd(row, commit, index);
  await seeEngineEnd(world, run);
  if (row.active !== met) await letGoOn(world, met);
  await check(world, { commit, stack, one });
}

/** Starts a process where one has fallen, approves what waits, and lets a stopped one go on that has a request in hand. */
async function seeEnd(row: Row, commit: string, index: number): Promise<Run> {
  const { world, active: met } = row;
  let replaced = false;
  return eventually('the run to end', async () => {
    if (!replaced && met.state() !== 'running') {
      replaced = true;
      if (met.state() === 'stopped') row.active = await met.beside();
      await startArmed(row, row.active, index + 1);
    }
    const run = await findTracked(world, commit);
    if (!run) return undefined;
    if (run.status === 'unconfirmed') await approve(world, run).catch(() => undefined);
    if (replaced && met.state() === 'stopped' && (await isReadopted(world, run))) met.signal('SIGCONT');
    return isFinal(run.status) ? run : undefined;
  });
}

async function isReadopted({ db }: FaultWorld, run: Run): Promise<boolean> {
  const events = await db.selectFrom('run_events').select('event').where('run_id', '=', run.id).execute();
  return events.some(({ event }) => event === 'readopted');
}

/** An engine that nobody follows goes on; that it has ended is found out. */
async function seeEngineEnd({ db }: FaultWorld, run: Run): Promise<void> {
  await eventually('the engine to be known to have ended', async () => {
    const open = await db
      .selectFrom('applies')
      .select('run_id')
      .where('run_id', '=', run.id)
      .where('engine_ended_at', 'is', null)
      .executeTakeFirst();
    return open === undefined || undefined;
  });
}

/** Until the process that was stopped has found out what it has lost; then it has done its part. */
async function letGoOn({ db }: FaultWorld, met: ZenfraProcess): Promise<void> {
  met.signal('SIGCONT');
  const { now } = await db.selectNoFrom((eb) => eb.fn<Date>('clock_timestamp').as('now')).executeTakeFirstOrThrow();
  await eventually('all three processes to be seen', async () => {
    const seen = await db.selectFrom('workers').select('id').where('seen_at', '>', now).execute();
    return seen.length >= 3 || undefined;
  });
  await met.kill('SIGKILL');
}

async function check(world: FaultWorld, about: { commit: string; stack: string; one: Case }): Promise<void> {
  const { db } = world;
  const { expected } = about.one;
  const run = await findTracked(world, about.commit);
  assert.ok(run);
  const written = (await world.ledger()).filter((name) => name === about.stack).length;
  const unknown = run.failure?.outcomeUnknown === true;
  const said = `${run.failure?.headline ?? ''} ${run.failure?.detail ?? ''}`;
  assert.deepEqual({ status: run.status, unknown, ledger: written }, expected, said);
  const ofStack = db.selectFrom('stack_holds').select('reason').where('stack_id', '=', run.stack_id);
  assert.deepEqual(await ofStack.execute(), expected.unknown ? [{ reason: 'outcome_unknown' }] : []);
  const versions = await db.selectFrom('state_versions').select('id').where('stack_id', '=', run.stack_id).execute();
  assert.equal(versions.length, expected.ledger, 'one version for each apply, however often it was sent');
  if (expected.status === 'finished') assert.equal(countWork(await logOf(world, run)), 1);
}
