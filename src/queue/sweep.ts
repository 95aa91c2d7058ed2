import type { WorkerUtils } from 'graphile-worker';
import { type Kysely, sql, type Transaction } from 'kysely';
import { waitsForDependencies } from '../db/run-dependencies.ts';
import { getRun, listLiveRuns, ordered } from '../db/runs.ts';
import type { Database } from '../db/schema.ts';
import { listHolds } from '../db/stack-holds.ts';
import { lockStackOfRun } from '../db/stacks.ts';
import { noteSweep } from '../db/sweeps.ts';
import { transact } from '../db/transact.ts';
import { forgetDeadProcesses, listDeadJobWorkers } from '../db/workers.ts';
import { isOnTheClock } from '../run/order.ts';
import { advanceIn } from './advance.ts';
import type { QueueDeps } from './deps.ts';
import { keepTrying } from './keep-trying.ts';
import { reapLostWorkers } from './reap.ts';
import { addStartJob, startJobKey } from './wake.ts';

type SweepDeps = Pick<QueueDeps, 'db' | 'log'> & { jobs: Pick<WorkerUtils, 'forceUnlockWorkers'> };

/**
 * PostgreSQL advisory lock of whoever sweeps: one process at a time. Of a transaction and not of a session, because a
 * process that is stopped while it sweeps keeps its session, but an idle transaction is ended (`db/connect`).
 */
const sweepLock = 0x5a656e66;

/**
 * What the passing of time does to runs: leases that ran out, deadlines, and waiting runs whose wake-up was lost with
 * a worker. Reads rows, not jobs. Called about once a second by every server; one of them does it.
 */
export async function sweep(deps: SweepDeps): Promise<void> {
  await deps.db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ mine: boolean }>`select pg_try_advisory_xact_lock(${sweepLock}) as mine`.execute(trx);
    if (!rows[0]?.mine) return;
    await noteSweep(deps.db);
    await reapLostWorkers(deps);
    await endOverdue(deps);
    await wakeForgotten(deps.db);
    await unlockDeadJobs(deps);
    await keepTrying(deps.db);
    await forgetDeadProcesses(deps.db);
  });
}

async function endOverdue(deps: SweepDeps): Promise<void> {
  for (const { id } of await listOverdue(deps.db)) await transact(deps.db, (trx) => endIfOverdue(trx, id));
}

/** Of all runs, or of one. */
async function listOverdue(db: Kysely<Database> | Transaction<Database>, runId?: string): Promise<{ id: string }[]> {
  return db
    .selectFrom('runs')
    .select('id')
    .$if(runId !== undefined, (query) => query.where('id', '=', runId ?? ''))
    .where('status', 'in', ['queued', 'approved', 'unconfirmed'])
    .where('deadline_at', '<', sql<Date>`clock_timestamp()`)
    .execute();
}

/** Looks once more under the lock: the run may have been approved since, or wait for others, which has no deadline. */
async function endIfOverdue(trx: Transaction<Database>, runId: string): Promise<void> {
  const stackId = await lockStackOfRun(trx, runId);
  if (stackId === undefined) return;
  const overdue = await listOverdue(trx, runId);
  const runs = (await listLiveRuns(trx, stackId)).map(ordered);
  const run = runs.find(({ id }) => id === runId);
  if (!run || overdue.length === 0) return;
  const waits = await waitsForDependencies(trx, await getRun(trx, runId));
  if (!waits && isOnTheClock(run, runs, await listHolds(trx, [stackId]))) {
    await advanceIn(trx, { runId, event: { type: 'deadline_passed' }, actor: 'zenfra' });
  } else {
    await trx.updateTable('runs').set({ deadline_at: null }).where('id', '=', runId).execute();
  }
}

/**
 * Runs that could start, have waited for two seconds, and have no job: the worker that took it is gone. An approved one
 * on a stack that others hold is woken by the release.
 */
async function wakeForgotten(db: Kysely<Database>): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    select run.id from runs run
    where run.status in ('queued', 'approved') and run.lease_expires_at is null
      and run.status_since < clock_timestamp() - interval '2 seconds'
      and not exists (
        select from graphile_worker.jobs job
        where job.key = ${startJobKey('')} || run.id::text and job.locked_at is null and job.attempts < job.max_attempts)
      and (run.type = 'plan_only' or run.status = 'approved' or not exists (
        select from runs other
        where other.stack_id = run.stack_id and other.type <> 'plan_only' and other.id <> run.id
          and other.status not in ('queued', 'finished', 'failed', 'discarded', 'canceled')))
      and not (run.status = 'queued' and exists (
        select from runs other
        where other.id = any(run.after_runs) and other.status not in ('finished', 'failed', 'discarded', 'canceled')))
      and not (run.status = 'approved' and exists (
        select from stack_holds hold
        where hold.stack_id = run.stack_id and hold.released_at is null
          and (hold.reason <> 'pull_request' or hold.pull_request_number is distinct from run.pull_request_number)))
    order by run.number limit 100`.execute(db);
  for (const { id } of rows) await addStartJob(db, await getRun(db, id));
}

/** Webhooks and reports that a killed process had in hand. They are tried again; each can be, by design. */
async function unlockDeadJobs(deps: SweepDeps): Promise<void> {
  const dead = await listDeadJobWorkers(deps.db);
  if (dead.length === 0) return;
  deps.log.warn({ dead }, 'jobs of a process that is gone are given to others');
  await deps.jobs.forceUnlockWorkers(dead);
}
