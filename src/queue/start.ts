import type { Transaction } from 'kysely';
import { hasBegunApply } from '../db/plans.ts';
import { listDependencies } from '../db/run-dependencies.ts';
import { getRun, type Lease, listLiveRuns, lockRun, ordered, type Run } from '../db/runs.ts';
import type { Database } from '../db/schema.ts';
import { listHolds } from '../db/stack-holds.ts';
import { lockStackOfRun } from '../db/stacks.ts';
import { transact } from '../db/transact.ts';
import { isConstraintViolation } from '../db/violations.ts';
import { LeaseLost } from '../execution/contract.ts';
import { reach } from '../failpoint.ts';
import { type RunFailure, unknownAdvice } from '../run/failure.ts';
import { checkDependencies, othersHold, turnOf } from '../run/order.ts';
import { statusLabels } from '../run/status.ts';
import { advance, advanceIn, advanceLocked } from './advance.ts';
import { assign } from './assign.ts';
import type { QueueDeps } from './deps.ts';
import { finish } from './finish.ts';
import { keepLease } from './keep-lease.ts';
import { retryWhileAway } from './retry-while-away.ts';
import { makeSink } from './sink.ts';

/**
 * Performs what a run needs next, if it is this run's turn and no other worker has it. The job that called is only a
 * wake-up: everything is decided by the rows. Resolves when the execution has ended and is recorded.
 */
export async function startPhase(deps: QueueDeps, runId: string): Promise<void> {
  const run = await claim(deps, runId);
  if (!run) return;
  reach('claimed', run.number);
  await perform(deps, run);
}

/** Takes the run under its stack's lock. Undefined when it is not its turn, is held back, or somebody was faster. */
async function claim(deps: QueueDeps, runId: string): Promise<Run | undefined> {
  try {
    return await transact(deps.db, async (trx) => {
      const stackId = await lockStackOfRun(trx, runId);
      const live = stackId === undefined ? [] : await listLiveRuns(trx, stackId);
      const run = live.find((other) => other.id === runId);
      if (!run || run.lease_expires_at !== null) return undefined;
      if (run.status === 'queued' && !turnOf(ordered(run), live.map(ordered)).now) return undefined;
      // Which runs it comes after is written under the locks of their stacks, not of this one's.
      const locked = await lockRun(trx, runId);
      if (!locked) return undefined;
      if (run.status === 'queued' && !(await followsOthers(trx, locked))) return undefined;
      if (run.status === 'approved' && (await isHeldBack(trx, run))) return undefined;
      const claimed = await advanceLocked(trx, locked, { event: { type: 'claimed' }, actor: deps.workerId });
      return claimed.ok ? claimed.run : undefined;
    });
  } catch (error) {
    if (isConstraintViolation(error, 'runs_one_active_per_stack')) return undefined;
    throw error;
  }
}

/**
 * Whether the runs that this one comes after have finished. One that ended otherwise ends it too: what it would plan
 * builds on what is not there.
 */
async function followsOthers(trx: Transaction<Database>, run: Run): Promise<boolean> {
  const stand = checkDependencies(await listDependencies(trx, run));
  if (stand.kind !== 'stopped') return stand.kind === 'goes';
  const { stack, number, status } = stand.by;
  const by = `the end of ${stack} in run #${number}, which it depends on (${statusLabels[status]})`;
  await advanceIn(trx, { runId: run.id, event: { type: 'discarded', by }, actor: 'zenfra' });
  return false;
}

/** Others hold the stack. The wait for that has no deadline: whoever releases the stack wakes the run. */
async function isHeldBack(trx: Transaction<Database>, run: Run): Promise<boolean> {
  if (!othersHold(run, await listHolds(trx, [run.stack_id]))) return false;
  await trx.updateTable('runs').set({ deadline_at: null }).where('id', '=', run.id).execute();
  return true;
}

async function perform(deps: QueueDeps, run: Run): Promise<void> {
  await underLease(deps, run, async (lease, signal) => {
    const trying = { runId: run.id, signal };
    const { assignment } = await retryWhileAway(deps, trying, () => assign(deps, run));
    const { planId, apply } = assignment;
    const sink = makeSink(deps, { run, lease, signal });
    const outcome = await deps.runner.start(assignment, sink).finally(() => sink.close());
    reach(apply ? 'before_apply_finish' : 'before_plan_finish', run.number);
    const ended = { lease, outcome, savedPlan: sink.savedPlan(), planId };
    await retryWhileAway(deps, trying, () => finish(deps, ended));
    reach(apply ? 'after_apply_finish' : 'after_plan_finish', run.number);
    if (apply) await deps.runner.release(planId);
  });
}

/** Does the work while it renews the run's lease. What goes wrong ends the run, unless it is another worker's by then. */
export async function underLease(
  deps: QueueDeps,
  run: Run,
  work: (lease: Lease, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const log = deps.log.child({ run: run.number, runId: run.id });
  const lease: Lease = { runId: run.id, generation: run.lease_generation };
  const beat = keepLease(deps, lease);
  try {
    await work(lease, beat.signal);
  } catch (error) {
    if (error instanceof LeaseLost) return log.warn('another worker has this run now; nothing more is written to it');
    log.error({ err: error }, 'an execution broke');
    await retryWhileAway(deps, { runId: run.id, signal: beat.signal }, async () =>
      fail(deps, lease, await internalFailure(deps, lease)),
    );
  } finally {
    beat.stop();
  }
}

async function fail(deps: QueueDeps, lease: Lease, failure: RunFailure): Promise<void> {
  await advance(deps.db, { runId: lease.runId, event: { type: 'phase_failed', failure }, actor: deps.workerId, lease });
}

/** A bug or a broken transport: people get a sentence, the log has the error. If the plan was used, nobody knows what it did. */
async function internalFailure(deps: QueueDeps, lease: Lease): Promise<RunFailure> {
  const run = await getRun(deps.db, lease.runId);
  const apply = await hasBegunApply(deps.db, run.id);
  const phase = run.status === 'approved' ? 'applying' : (run.status as RunFailure['phase']);
  return {
    phase,
    reason: 'internal',
    headline: 'Zenfra could not perform this phase',
    detail: `The server’s log names the error under run #${run.number}. ${apply ? unknownAdvice : 'Re-run; if it happens again, report it.'}`,
    diagnostics: [],
    ...(apply ? { outcomeUnknown: true } : {}),
  };
}
