import { hostname } from 'node:os';
import { sql } from 'kysely';
import { getRun, type Run } from '../db/runs.ts';
import { advance } from './advance.ts';
import { assign } from './assign.ts';
import type { QueueDeps } from './deps.ts';
import { finish } from './finish.ts';
import { makeSink } from './sink.ts';
import { underLease } from './start.ts';

/**
 * At a worker's start: takes over the applies that a predecessor on this machine left. Their engines run on without a
 * worker, so the log is followed on from where it ends and the result recorded once; one that has ended meanwhile is
 * finished from its files. Resolves when all are recorded; the sweep must not start before they are taken.
 */
export async function readoptApplies(deps: QueueDeps): Promise<{ taken: number; done: Promise<void> }> {
  const taken: Run[] = [];
  for (const { id, generation } of await listOrphans(deps)) {
    const lease = { runId: id, generation };
    const moved = await advance(deps.db, { runId: id, event: { type: 'readopted' }, actor: deps.workerId, lease });
    if (!moved.ok) continue;
    await deps.db.updateTable('runs').set({ worker_id: deps.workerId }).where('id', '=', id).execute();
    taken.push(moved.run);
  }
  return { taken: taken.length, done: Promise.all(taken.map((run) => resume(deps, run))).then(() => undefined) };
}

/** Applying runs whose worker was a process of this machine that is gone. */
async function listOrphans(deps: QueueDeps): Promise<{ id: string; generation: number }[]> {
  const rows = await deps.db
    .selectFrom('runs')
    .innerJoin('applies', 'applies.run_id', 'runs.id')
    .innerJoin('workers', 'workers.id', 'runs.worker_id')
    .select(['runs.id', 'runs.lease_generation as generation', 'workers.pid'])
    .where('runs.status', '=', 'applying')
    .where('runs.lease_expires_at', 'is not', null)
    .where('applies.ended_at', 'is', null)
    .where('workers.host', '=', hostname())
    .execute();
  return rows.filter((row) => !isAlive(row.pid));
}

/** Signal 0 asks only whether there is such a process; EPERM means that there is. */
function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function resume(deps: QueueDeps, run: Run): Promise<void> {
  deps.log.warn({ run: run.number, runId: run.id }, 'taking over an apply that its worker left');
  await underLease(deps, run, async (lease, signal) => {
    const assigned = await assign(deps, await getRun(deps.db, run.id));
    if ('failure' in assigned) throw new Error(assigned.failure.headline);
    const { assignment } = assigned;
    const sink = makeSink(deps, { run, lease, signal });
    const logged = await countLoggedBytes(deps, run.id);
    const outcome = await deps.runner.resume(assignment, sink, logged).finally(() => sink.close());
    if (outcome) return finish(deps, { lease, outcome, savedPlan: null, planId: assignment.planId });
    const event = { type: 'worker_lost' as const, applyStarted: true };
    await advance(deps.db, { runId: run.id, event, actor: deps.workerId, lease });
  });
}

async function countLoggedBytes(deps: QueueDeps, runId: string): Promise<number> {
  const { bytes } = await deps.db
    .selectFrom('log_chunks')
    .select(sql<number>`coalesce(sum(length(bytes)), 0)`.as('bytes'))
    .where('run_id', '=', runId)
    .where('phase', '=', 'applying')
    .executeTakeFirstOrThrow();
  return Number(bytes);
}
