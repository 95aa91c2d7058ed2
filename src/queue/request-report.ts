import type { Kysely, Transaction } from 'kysely';
import { addJob } from '../db/jobs.ts';
import type { Run } from '../db/runs.ts';
import type { Database } from '../db/schema.ts';

type Db = Kysely<Database> | Transaction<Database>;

/** Asks for the news of a run to be told to GitHub: its own check, and the pull request it belongs to. */
export async function requestReport(db: Db, run: Run): Promise<void> {
  if (run.type !== 'plan_only') await addJob(db, 'report_run', { runId: run.id }, { key: `report:run:${run.id}` });
  if (run.pull_request_number !== null) {
    await requestPullRequestReport(db, { repositoryId: run.repository_id, number: run.pull_request_number });
  }
}

/** Many wishes become one job; one that waits for its time keeps it. */
export async function requestPullRequestReport(
  db: Db,
  pull: { repositoryId: number; number: number },
  runAt?: Date,
): Promise<void> {
  const key = `report:pull:${pull.repositoryId}:${pull.number}`;
  await addJob(db, 'report_pull_request', pull, runAt ? { key, runAt, keepTime: true } : { key });
}
