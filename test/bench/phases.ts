import { type Kysely, sql } from 'kysely';
import type { Database } from '../../src/db/schema.ts';
import type { RecordedCall } from '../../src/sandbox/http/record.ts';
import type { Handled } from './pull-request.ts';

/** Where a run's time went, in milliseconds. All of it is read from what the product records anyway. */
export interface RunPhases {
  /** From the run's making to its claim by a worker. */
  queueWait: number;
  source: number;
  init: number;
  /** To the last thing that the plan printed. */
  plan: number;
  show: number;
  /** The plan and the run's end, in one transaction. */
  store: number;
}

/** A moment in milliseconds since 1970. */
interface TimedRun {
  created: number;
  started: number;
  initializing: number;
  planning: number;
  printed: number;
  stored: number;
  ended: number;
}

export async function readRuns(db: Kysely<Database>, { pull }: Handled): Promise<TimedRun[]> {
  const ms = (moment: ReturnType<typeof sql>) => sql<number>`extract(epoch from ${moment})::float8 * 1000`;
  const phase = (name: string) => sql`(select started_at from run_phases where run_id = runs.id and phase = ${name})`;
  const { rows } = await sql<TimedRun>`
    select ${ms(sql`runs.created_at`)} as created, ${ms(sql`runs.started_at`)} as started,
      ${ms(phase('initializing'))} as initializing, ${ms(phase('planning'))} as planning,
      ${ms(sql`(select max(at) from log_chunks where run_id = runs.id and phase = 'planning')`)} as printed,
      ${ms(sql`plans.created_at`)} as stored, ${ms(sql`runs.ended_at`)} as ended
    from runs join plans on plans.run_id = runs.id
    where runs.repository_id = ${pull.repository.id} and runs.pull_request_number = ${pull.number}`.execute(db);
  return rows;
}

export function phasesOf(run: TimedRun): RunPhases {
  return {
    queueWait: run.started - run.created,
    source: run.initializing - run.started,
    init: run.planning - run.initializing,
    plan: run.printed - run.planning,
    show: run.stored - run.printed,
    store: run.ended - run.stored,
  };
}

/** The pull request's way before its first run and after its last, around the runs' own phases. */
export async function readFrame(db: Kysely<Database>, handled: Handled, runs: TimedRun[]) {
  const { received } = await receivedAt(db, handled.pull);
  const [first, last] = [Math.min(...runs.map((run) => run.created)), Math.max(...runs.map((run) => run.ended))];
  return {
    webhook: received - handled.sentAt,
    trigger: first - received,
    runs: last - first,
    report: handled.endedAt - last,
    sandbox:
      coveredMs(handled.calls, { from: handled.sentAt, to: Math.max(...runs.map((run) => run.initializing)) }) +
      coveredMs(handled.calls, { from: last, to: handled.endedAt }),
  };
}

async function receivedAt(db: Kysely<Database>, pull: Handled['pull']): Promise<{ received: number }> {
  const { rows } = await sql<{ received: number }>`
    select extract(epoch from received_at)::float8 * 1000 as received from deliveries
    where event = 'pull_request' order by received_at desc limit 1`.execute(db);
  if (!rows[0]) throw new Error(`The webhook of ${pull.repository.owner} was not stored`);
  return rows[0];
}

/** How much of a stretch of time at least one call was being answered in. */
export function coveredMs(calls: RecordedCall[], { from, to }: { from: number; to: number }): number {
  const spans = calls
    .map(({ at, ms }) => ({ start: Math.max(at, from), end: Math.min(at + ms, to) }))
    .filter(({ start, end }) => start < end)
    .sort((a, b) => a.start - b.start);
  let covered = 0;
  let until = from;
  for (const { start, end } of spans) {
    covered += Math.max(0, end - Math.max(start, until));
    until = Math.max(until, end);
  }
  return covered;
}
