import { announcerFor } from '../db/announce.ts';
import { appendLog } from '../db/log-chunks.ts';
import type { Lease, Run } from '../db/runs.ts';
import { LeaseLost, type PhaseSink, type SavedPlan } from '../execution/contract.ts';
import type { RunEvent } from '../run/event.ts';
import type { LoggedPhase } from '../run/status.ts';
import { advance } from './advance.ts';
import { beginApply } from './begin-apply.ts';
import type { QueueDeps } from './deps.ts';
import { saveProgress } from './save-progress.ts';

/** The sink of an execution whose rows are in our database. */
export interface QueueSink extends PhaseSink {
  /** The plan it saved, once it has one. */
  savedPlan(): SavedPlan | null;
  /** Ends what goes on beside the execution. To be called before its outcome is recorded. */
  close(): Promise<void>;
}

/**
 * Turns what an execution tells into rows, each write fenced by the lease. The plan is kept in memory until the
 * execution ends, so that plan and status are written in one transaction.
 */
export function makeSink(deps: QueueDeps, about: { run: Run; lease: Lease; signal: AbortSignal }): QueueSink {
  const { run, lease, signal } = about;
  const announcer = announcerFor(deps.db, run.id);
  const progress = saveProgress(deps.db, lease, announcer);
  let saved: SavedPlan | null = null;
  return {
    signal,
    savedPlan: () => saved,
    savePlan: async (plan) => {
      saved = plan;
    },
    enter: async (phase) => {
      const event = entering[phase];
      if (!event) return;
      const moved = await advance(deps.db, { runId: run.id, event, actor: deps.workerId, lease });
      if (!moved.ok) throw moved.leaseLost ? new LeaseLost(moved.why) : new Error(`Entering ${phase}: ${moved.why}`);
    },
    log: async (phase, bytes) => {
      if (!(await appendLog(deps.db, lease, phase, bytes)))
        throw new LeaseLost('Another worker writes this run’s log now.');
      announcer.announce('log');
    },
    progress: progress.save,
    beginApply: () => beginApply(deps, lease),
    close: async () => {
      await progress.close();
      await announcer.close();
    },
  };
}

/** Preparing begins with the claim, and applying with `beginApply` or the claim: their status is there already. */
const entering: Partial<Record<LoggedPhase, RunEvent>> = {
  initializing: { type: 'initializing_started' },
  planning: { type: 'planning_started' },
};
