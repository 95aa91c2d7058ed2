import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Kysely } from 'kysely';
import type { Run } from '../../src/db/runs.ts';
import type { Database } from '../../src/db/schema.ts';
import { advance } from '../../src/queue/advance.ts';
import type { RunStatus } from '../../src/run/status.ts';
import { push } from '../../src/sandbox/story/act.ts';
import { type StoryStage, setUpStory, writer } from '../../src/sandbox/story/story-stage.ts';
import { createTestDatabase } from './database.ts';
import { eventually } from './patience.ts';
import { stacksOf } from './scene.ts';
import { lastFirst, makeZenfraProcess, type ZenfraProcess } from './zenfra-process.ts';

/**
 * Stacks whose applies leave a line each in a file outside, the ledger: what was done is compared with what Zenfra says
 * of it. The processes of Zenfra are real ones, to be killed and stopped.
 */
export interface FaultWorld {
  story: StoryStage;
  db: Kysely<Database>;
  zenfra: ZenfraProcess;
  /** The stacks that have written, in order. */
  ledger(): Promise<string[]>;
  /** Lets the applies go on that wait in the middle. */
  door: string;
  /** What is begun later is ended sooner. */
  after(end: () => Promise<void>): void;
}

interface Ending {
  after(end: () => Promise<void>): void;
}

interface WorldOptions {
  stacks?: string[];
  /** Default: one of its own on the run's PostgreSQL. */
  database?: { url: string; db: Kysely<Database> };
  /** As in `makeZenfraProcess`. */
  environment?: Record<string, string>;
}

/** With its repository; no process is started yet. */
export async function openFaultWorld(t: Ending, options: WorldOptions = {}): Promise<FaultWorld> {
  const ending = lastFirst(t);
  const { url, db } = options.database ?? (await ownDatabase(ending));
  const zenfra = await makeZenfraProcess(ending, url, options.environment);
  const story = await setUpStory(
    { sandbox: zenfra.sandbox, url: zenfra.url, app: { db } },
    { files: stacksOf(...(options.stacks ?? ['app'])) },
  );
  const ledger = join(zenfra.directory, 'ledger');
  return {
    ...{ story, db, zenfra, ...ending },
    door: join(zenfra.directory, 'door'),
    ledger: async () => (await readFile(ledger, 'utf8').catch(() => '')).split('\n').filter(Boolean),
  };
}

async function ownDatabase(t: Ending) {
  const database = await createTestDatabase();
  t.after(() => database.drop());
  return database;
}

export interface Entry {
  stack?: string;
  /** Stands at the door in the middle of the apply. */
  waits?: boolean;
  /** More commands, before the line is written. */
  does?: string;
}

/** Pushes a change whose apply writes its stack's name to the ledger. Returns the commit. */
export function pushEntry(world: FaultWorld, entry: Entry = {}): Promise<string> {
  const { stack = 'app' } = entry;
  const files = { [`${stack}/main.tf`]: configuration(world, entry) };
  return push(world.story, { branch: 'main', files, message: 'Write to the ledger' });
}

/** The same as a file. */
export function configuration({ zenfra, door }: FaultWorld, { stack = 'app', waits, does }: Entry): string {
  const commands = [
    'echo at work',
    ...(does === undefined ? [] : [does]),
    ...(waits ? [`until [ -e '${door}' ]; do sleep 0.05; done`] : []),
    `echo ${stack} >> '${join(zenfra.directory, 'ledger')}'`,
  ];
  return `resource "terraform_data" "entry" {
  input = sensitive("very-secret-input")
  provisioner "local-exec" {
    command = ${JSON.stringify(commands.join('; '))}
  }
}
`;
}

export function findTracked(world: FaultWorld, commit: string): Promise<Run | undefined> {
  return world.db
    .selectFrom('runs')
    .selectAll()
    .where('commit_sha', '=', commit)
    .where('type', '=', 'tracked')
    .executeTakeFirst();
}

export async function seeTracked(world: FaultWorld, commit: string, ...statuses: RunStatus[]): Promise<Run> {
  let last: Run | undefined;
  try {
    return await eventually(`the run to be ${statuses.join(' or ')}`, async () => {
      last = await findTracked(world, commit);
      return last && statuses.includes(last.status) ? last : undefined;
    });
  } catch (error) {
    throw new Error(`It is ${last?.status}: ${last?.failure?.headline}. ${world.zenfra.output()}`, { cause: error });
  }
}

/** As the button of its page does. */
export async function approve(world: FaultWorld, run: Run): Promise<void> {
  const event = { type: 'approved' as const, by: writer };
  const moved = await advance(world.db, { runId: run.id, event, actor: writer });
  if (!moved.ok) throw new Error(moved.why);
}

/** Up to the middle of an apply, which stands at the door. */
export async function applyToTheDoor(world: FaultWorld, entry: Entry = {}): Promise<Run> {
  const commit = await pushEntry(world, { waits: true, ...entry });
  await approve(world, await seeTracked(world, commit, 'unconfirmed'));
  const run = await seeTracked(world, commit, 'applying');
  await eventually('the apply to be at work', async () => countWork(await logOf(world, run)) === 1 || undefined);
  return run;
}

/** The log of its apply, without colours. */
export async function logOf({ db }: FaultWorld, run: Run): Promise<string> {
  const chunks = await db
    .selectFrom('log_chunks')
    .select('bytes')
    .where('run_id', '=', run.id)
    .where('phase', '=', 'applying')
    .orderBy('seq')
    .execute();
  return stripVTControlCharacters(Buffer.concat(chunks.map(({ bytes }) => bytes)).toString());
}

/** How often the log says that the resource's work began: once, if it is whole and nothing is in it twice. */
export function countWork(log: string): number {
  return log.split('(local-exec): at work').length - 1;
}
