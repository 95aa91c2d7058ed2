import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

/** The tasks that graphile-worker runs for us, with what each is given. A job wakes somebody up; the rows decide. */
export interface Tasks {
  handle_delivery: { deliveryId: string };
  start_phase: { runId: string };
  /** A pull request's stack whose plan turned out stale when it was about to be applied. */
  plan_again: { repositoryId: number; number: number; stack: string; user: string };
  report_pull_request: { repositoryId: number; number: number };
  report_run: { runId: string };
  /** What came of a comment's command: its reactions and the reply. */
  report_command: { commandId: string };
  /** A comment or check that GitHub may have made twice. */
  second_look: { repositoryId: number } & (
    | { kind: 'comment'; number: number; marker: string; startsWith: string }
    | { kind: 'check'; headSha: string; name: string }
  );
}

export interface JobOptions {
  /** A job with the same key that has not started is replaced. */
  key: string;
  /** Not before as many milliseconds have passed, by the database’s clock, as graphile-worker asks it; default at once. */
  afterMs?: number;
  /** Smaller is sooner. */
  priority?: number;
  maxAttempts?: number;
  /** Keep the time an earlier job with this key was set to, so that many wishes become one job soon. */
  keepTime?: boolean;
}

/**
 * Adds a job in the caller's transaction: rolled back, there is no job; committed, there is one.
 *
 * graphile-worker's `add_job` adds nothing, and says so only by an empty answer, when a worker takes the job with the
 * same key between its two statements (seen with 0.18): that job has read what was true before, so what is wished for
 * now would never be done. Asked again, it sees that the job is taken and adds a new one.
 */
export async function addJob<T extends keyof Tasks>(
  db: Kysely<Database> | Transaction<Database>,
  task: T,
  payload: Tasks[T],
  options: JobOptions,
): Promise<void> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const { rows } = await sql<{ id: string | null }>`select id from graphile_worker.add_job(
      ${task},
      payload => ${JSON.stringify(payload)}::json,
      run_at => clock_timestamp() + make_interval(secs => ${options.afterMs === undefined ? null : options.afterMs / 1000}::float8),
      max_attempts => ${options.maxAttempts ?? 25}::int,
      job_key => ${options.key},
      priority => ${options.priority ?? 0}::int,
      job_key_mode => ${options.keepTime ? 'preserve_run_at' : 'replace'}
    )`.execute(db);
    if (rows[0]?.id) return;
  }
  throw new Error(`graphile-worker did not take the job ${options.key} in ${mostTries} tries`);
}

const mostTries = 5;
