import type { Kysely, Transaction } from 'kysely';
import { fromNow } from '../db/from-now.ts';
import { addJob } from '../db/jobs.ts';
import { listDependents } from '../db/run-dependencies.ts';
import { getRun, listLiveRuns, ordered, type Run } from '../db/runs.ts';
import type { Database } from '../db/schema.ts';
import { workerWaitSeconds } from '../run/limits.ts';
import { activeRun, waitingRuns } from '../run/order.ts';

type Db = Kysely<Database> | Transaction<Database>;

/**
 * Wakes a worker for a run. The job is tried once: what is to be tried again is decided by the sweep, which reads the
 * run's row.
 */
export async function addStartJob(db: Db, run: Run): Promise<void> {
  await addJob(
    db,
    'start_phase',
    { runId: run.id },
    { key: startJobKey(run.id), priority: priorityOf(run), maxAttempts: 1 },
  );
}

export function startJobKey(runId: string): string {
  return `run:${runId}`;
}

/** Wakes whoever is next on a stack: an approved run that a hold kept back or, if none is active, the first that waits for its turn. */
export async function wakeNextOnStack(db: Db, stackId: string): Promise<void> {
  const live = (await listLiveRuns(db, stackId)).map((run) => ({ ...ordered(run), run }));
  const next = (activeRun(live) ?? waitingRuns(live)[0])?.run;
  if (next?.lease_expires_at !== null || !['queued', 'approved'].includes(next.status)) return;
  await startWaiting(db, next.id);
  await addStartJob(db, next);
}

/** Wakes the runs of other stacks that wait for the end of this one. */
export async function wakeWaiting(db: Db, runId: string): Promise<void> {
  for (const id of await listDependents(db, runId)) {
    await startWaiting(db, id);
    await addStartJob(db, await getRun(db, id));
  }
}

/** The wait for a worker has a limit from here on, where the wait for the run's turn had none. */
async function startWaiting(db: Db, runId: string): Promise<void> {
  await db
    .updateTable('runs')
    .set({ deadline_at: fromNow(workerWaitSeconds) })
    .where('id', '=', runId)
    .where('deadline_at', 'is', null)
    .execute();
}

/** An apply first, then runs of the tracked branch, then plans for review. */
function priorityOf(run: Run): number {
  if (run.status === 'approved' || run.adopted_plan_id !== null) return 0;
  return run.type === 'plan_only' ? 20 : 10;
}
