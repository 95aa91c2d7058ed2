import { isApplyRecorded, type LeasedRun, listLeasedOnHost, readApplyStart } from '../db/left-applies.ts';
import { hasBegunApply } from '../db/plans.ts';
import { getRun, type Run } from '../db/runs.ts';
import { lockStackOfRun } from '../db/stacks.ts';
import { transact } from '../db/transact.ts';
import { advance, advanceIn } from './advance.ts';
import { assign } from './assign.ts';
import type { QueueDeps } from './deps.ts';
import { finish } from './finish.ts';
import { retryWhileAway } from './retry-while-away.ts';
import { makeSink } from './sink.ts';
import { underLease } from './start.ts';
import { watchLeftEngines } from './watch-left-engines.ts';

export interface Adoption {
  /** Takes over what others of this machine have left by now. */
  look(): Promise<void>;
  /** Looks after engines that nobody will take over, and clears away what others left. Part of each look. */
  watch(): Promise<void>;
  /** Resolves when all that was taken over is recorded. */
  done(): Promise<void>;
}

/**
 * Takes over what other workers of this machine left, at a worker's start and then again and again. The engine of an
 * apply runs on without a worker, so its log is followed on from where it ends and the result recorded once; one that
 * has ended meanwhile is finished from its files. What was only being planned begins anew. Taking over gives the run a
 * new lease, so that of two who try one succeeds, and nothing is written any more by a predecessor that was only stopped.
 */
export function adoption(deps: QueueDeps): Adoption {
  const inHand = new Set<Promise<void>>();
  const watch = async () => {
    await watchLeftEngines(deps);
    await deps.runner.clearLeft((planId) => isApplyRecorded(deps.db, planId));
  };
  return {
    watch,
    async look() {
      for (const left of await listLeasedOnHost(deps.db, deps.runner.self.host, deps.workerId)) {
        if (!isLeft(deps, left)) continue;
        const run = left.applying ? await take(deps, left) : await giveBack(deps, left);
        if (!run) continue;
        const resumed = resume(deps, run).finally(() => inHand.delete(resumed));
        inHand.add(resumed);
      }
      await watch();
    },
    done: async () => void (await Promise.allSettled(inHand)),
  };
}

/**
 * A process that is dead for certain is not waited for. Of one that lives, or of which nothing is known here, only its
 * silence counts; what it was planning is then for the sweep.
 */
function isLeft(deps: QueueDeps, left: LeasedRun): boolean {
  return deps.runner.fateOf(left) === 'dead' || (left.silent && left.applying);
}

async function take(deps: QueueDeps, { runId, generation }: LeasedRun): Promise<Run | undefined> {
  const lease = { runId, generation };
  const moved = await advance(deps.db, { runId, event: { type: 'readopted' }, actor: deps.workerId, lease });
  return moved.ok ? moved.run : undefined;
}

/** One that has begun to apply since it was listed is for the next look, which takes it over. */
async function giveBack(deps: QueueDeps, { runId, generation }: LeasedRun): Promise<undefined> {
  const event = { type: 'worker_lost' as const, applyStarted: false };
  await transact(deps.db, async (trx) => {
    await lockStackOfRun(trx, runId);
    if (await hasBegunApply(trx, runId)) return;
    await advanceIn(trx, { runId, event, actor: deps.workerId, lease: { runId, generation } });
  });
}

async function resume(deps: QueueDeps, run: Run): Promise<void> {
  deps.log.warn({ run: run.number, runId: run.id }, 'taking over an apply that its worker left');
  await underLease(deps, run, async (lease, signal) => {
    const trying = { runId: run.id, signal };
    const { assignment } = await retryWhileAway(deps, trying, async () => assign(deps, await getRun(deps.db, run.id)));
    const sink = makeSink(deps, { run, lease, signal });
    const { elapsedMs } = await retryWhileAway(deps, trying, () => readApplyStart(deps.db, run.id));
    const outcome = await deps.runner.resume(assignment, sink, elapsedMs).finally(() => sink.close());
    if (outcome) {
      const ended = { lease, outcome, savedPlan: null, planId: assignment.planId };
      await retryWhileAway(deps, trying, () => finish(deps, ended));
      return deps.runner.release(assignment.planId);
    }
    const event = { type: 'worker_lost' as const, applyStarted: true };
    await retryWhileAway(deps, trying, () => advance(deps.db, { runId: run.id, event, actor: deps.workerId, lease }));
  });
}
