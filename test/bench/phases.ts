import type { Kysely } from 'kysely';
import type { Database } from '../../src/db/schema.ts';
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
  /** Plan and end of the run, in one transaction. */
  store: number;
  startedAt: number;
  endedAt: number;
}

/** The phases of each run of a pull request. */
export async function readRunPhases(db: Kysely<Database>, { pull }: Handled): Promise<RunPhases[]> {
  const rows = await db
    .selectFrom('runs')
    .innerJoin('plans', 'plans.run_id', 'runs.id')
    .select((row) => [
      'runs.created_at',
      'runs.started_at',
      'runs.ended_at',
      'plans.created_at as stored_at',
      phaseStart(row, 'initializing').as('initializing'),
      phaseStart(row, 'planning').as('planning'),
      row
        .selectFrom('log_chunks')
        .select(({ fn }) => fn.max('at').as('at'))
        .whereRef('log_chunks.run_id', '=', 'runs.id')
        .where('phase', '=', 'planning')
        .as('printed_at'),
    ])
    .where('runs.repository_id', '=', pull.repository.id)
    .where('runs.pull_request_number', '=', pull.number)
    .execute();
  return rows.map((row) => {
    const at = [row.created_at, row.started_at, row.initializing, row.planning, row.printed_at, row.stored_at, row.ended_at];
    const [created, started, initializing, planning, printed, stored, ended] = at.map(time);
    return {
      queueWait: started - created,
      source: initializing - started,
      init: planning - initializing,
      plan: printed - planning,
      show: stored - printed,
      store: ended - stored,
      startedAt: started,
      endedAt: ended,
    };
  });
}
