import type { Kysely, Transaction } from 'kysely';
import { addJob, type JobOptions } from './jobs.ts';
import type { Run } from './runs.ts';
import type { Database } from './schema.ts';

type Db = Kysely<Database> | Transaction<Database>;

/**
 * Asks for the news of a run to be told to GitHub: its own check, and the pull request it belongs to. That a worker has
 * taken it can wait: a plan that is done within that time is told at once instead.
 */
export async function requestReport(db: Db, run: Run): Promise<void> {
  const afterMs = run.status === 'preparing' ? claimToldAfterMs : undefined;
  if (run.type !== 'plan_only') {
    await addJob(db, 'report_run', { runId: run.id }, timed(`report:run:${run.id}`, afterMs));
  }
  if (run.pull_request_number !== null) {
    await requestPullRequestReport(db, { repositoryId: run.repository_id, number: run.pull_request_number }, afterMs);
  }
}

const claimToldAfterMs = 2_000;

/** Many wishes become one job; one that waits for its time keeps it. */
export async function requestPullRequestReport(
  db: Db,
  pull: { repositoryId: number; number: number },
  afterMs?: number,
): Promise<void> {
  await addJob(db, 'report_pull_request', pull, timed(`report:pull:${pull.repositoryId}:${pull.number}`, afterMs));
}

function timed(key: string, afterMs: number | undefined): JobOptions {
  return afterMs === undefined ? { key } : { key, afterMs, keepTime: true };
}
