import type { WorkerUtils } from 'graphile-worker';
import { type Kysely, sql } from 'kysely';
import { getRun } from '../db/runs.ts';
import type { Database } from '../db/schema.ts';
import { listDeadJobWorkers } from '../db/workers.ts';
import { finalStatuses } from '../run/transition.ts';
import { advance } from './advance.ts';
import type { QueueDeps } from './deps.ts';
import { addStartJob, startJobKey } from './wake.ts';

type SweepDeps = Pick<QueueDeps, 'db' | 'log'> & { jobs: Pick<WorkerUtils, 'forceUnlockWorkers'> };

/** PostgreSQL advisory lock of whoever sweeps: one process at a time. */
const sweepLock = 0x5a656e66;

/**
 * What the passing of time does to runs: leases that ran out, deadlines, and waiting runs whose wake-up was lost with
 * a worker. Reads rows, not jobs. Called about once a second by every server; one of them does it.
 */
export async function sweep(deps: SweepDeps): Promise<void> {
  await deps.db.connection().execute(async (db) => {
    const { rows } = await sql<{ mine: boolean }>`select pg_try_advisory_lock(${sweepLock}) as mine`.execute(db);
    if (!rows[0]?.mine) return;
    try {
      await reapLostWorkers(deps);
      await endOverdue(deps);
      await wakeForgotten(deps.db);
      await unlockDeadJobs(deps);
    } finally {
      await sql`select pg_advisory_unlock(${sweepLock})`.execute(db);
    }
  });
}

async function reapLostWorkers(deps: SweepDeps): Promise<void> {
  const lost = await deps.db
    .selectFrom('runs')
    .leftJoin('applies', 'applies.run_id', 'runs.id')
    .select(['runs.id', 'runs.lease_generation', 'applies.run_id as applied'])
    .where('runs.status', 'not in', finalStatuses)
    .where('runs.lease_expires_at', '<', sql<Date>`clock_timestamp()`)
    .execute();
  for (const run of lost) {
    const lease = { runId: run.id, generation: run.lease_generation };
    const moved = await advance(deps.db, {
      runId: run.id,
      event: { type: 'worker_lost', applyStarted: run.applied !== null },
      actor: 'zenfra',
      lease,
    });
    deps.log.warn({ runId: run.id, moved: moved.ok }, 'a worker was lost');
  }
}

async function endOverdue(deps: SweepDeps): Promise<void> {
  const overdue = await deps.db
    .selectFrom('runs')
    .select('id')
    .where('status', 'in', ['queued', 'approved', 'unconfirmed'])
    .where('deadline_at', '<', sql<Date>`clock_timestamp()`)
    .execute();
  for (const { id } of overdue) {
    await advance(deps.db, { runId: id, event: { type: 'deadline_passed' }, actor: 'zenfra' });
  }
}

/** Runs that could start, have waited for two seconds, and have no job: the worker that took it is gone. */
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
