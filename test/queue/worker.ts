import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { pino } from 'pino';
import type { Database } from '../../src/db/schema.ts';
import type { ApplyOutcome, PlanOutcome, SavedPlan } from '../../src/execution/contract.ts';
import { createGitHubApp } from '../../src/github/app.ts';
import { GitHub } from '../../src/github/github.ts';
import type { QueueDeps } from '../../src/queue/deps.ts';
import type { Assignment, Runner } from '../../src/runners/runner.ts';
import { generateMasterKey, parseMasterKey } from '../../src/secret/envelope.ts';
import { planOf, resource } from '../pages/seed.ts';

const log = pino({ level: 'silent' });
const masterKey = parseMasterKey(generateMasterKey());
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
/** Nobody answers there: what is tested with it needs no GitHub. */
const nowhere = { appId: 1, privateKey, webhookSecret: 'secret', apiUrl: 'http://127.0.0.1:9' };

/** A worker of the queue whose executions are what `start` says, and need no engine. */
export function makeWorker(db: Kysely<Database>, start: Runner['start'] = planAtOnce): QueueDeps {
  return {
    db,
    github: new GitHub(createGitHubApp(nowhere, log)),
    runner: {
      start,
      resume: async () => null,
      listEngines: async () => [],
      findApply: async () => ({ engine: 'absent' }),
      release: async () => undefined,
      clearLeft: async () => undefined,
      self: { host: 'here', pid: process.pid, place: 'here', startTime: null },
      fateOf: () => 'elsewhere',
    },
    masterKey,
    appId: nowhere.appId,
    internalUrl: 'http://127.0.0.1:9',
    workerId: randomUUID(),
    log,
  };
}

export const noChanges: PlanOutcome = { ok: true, warnings: [] };
export const applied: ApplyOutcome = { ok: true, steps: [], outputs: [] };

/** Goes through the phases of a plan without changes. */
const planAtOnce: Runner['start'] = async (_, sink) => {
  for (const phase of ['initializing', 'planning'] as const) await sink.enter(phase);
  return noChanges;
};

/** A runner that starts and then waits until it is told to end. */
export function patientRunner() {
  const started: Assignment[] = [];
  let end: () => void = () => {};
  const told = new Promise<void>((resolve) => {
    end = resolve;
  });
  const start: Runner['start'] = async (assignment, sink) => {
    started.push(assignment);
    await told;
    return planAtOnce(assignment, sink);
  };
  return { started, start, end: () => end() };
}

/** A plan with one change. */
export function savedPlan(): SavedPlan {
  return {
    file: Buffer.from('plan'),
    lockFile: null,
    json: Buffer.from('{}'),
    summary: planOf([resource('terraform_data.a', 'create')]),
    providers: [],
    sourceDigest: 'd1',
  };
}

export interface Job {
  task: string;
  key: string;
  priority: number;
  maxAttempts: number;
}

/** The jobs that wait, in the order in which they would be taken. */
export async function listJobs(db: Kysely<Database>): Promise<Job[]> {
  const { rows } = await sql<Job>`
    select task_identifier as task, key, priority, max_attempts as "maxAttempts" from graphile_worker.jobs
    where locked_at is null and attempts < max_attempts order by priority, run_at, id`.execute(db);
  return rows;
}

/** As if its job had been taken. */
export async function forgetJobs(db: Kysely<Database>): Promise<void> {
  await sql`delete from graphile_worker._private_jobs`.execute(db);
}

export interface RunWithHistory {
  status: string;
  events: string[];
  phases: string[];
}

/** A run as its row and its history say. */
export async function historyOf(db: Kysely<Database>, runId: string): Promise<RunWithHistory> {
  const run = await db.selectFrom('runs').select('status').where('id', '=', runId).executeTakeFirstOrThrow();
  const events = await db.selectFrom('run_events').selectAll().where('run_id', '=', runId).orderBy('id').execute();
  const phases = await db
    .selectFrom('run_phases')
    .selectAll()
    .where('run_id', '=', runId)
    .orderBy('started_at')
    .execute();
  return {
    status: run.status,
    events: events.map((row) => `${row.event}: ${row.from_status} → ${row.to_status} by ${row.actor}`),
    phases: phases.map((row) => `${row.phase}: ${row.outcome ?? 'under way'}${row.note ? ` (${row.note})` : ''}`),
  };
}

/** As if sweeps had looked without a pause for longer than a lease. */
export async function sweepForLong(db: Kysely<Database>): Promise<void> {
  await sql`insert into settings (key, value)
    values ('sweep', json_build_object('since', now() - interval '1 hour', 'at', clock_timestamp())::text)
    on conflict (key) do update set value = excluded.value`.execute(db);
}
