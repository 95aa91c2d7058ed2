import { announcerFor } from '../db/announce.ts';
import { appendLog, type LogPosition, readLogPosition } from '../db/log-chunks.ts';
import { getRun, type Lease, type Run, saveEngine } from '../db/runs.ts';
import { LeaseLost, type PhaseSink, type SavedPlan } from '../execution/contract.ts';
import type { RunEvent } from '../run/event.ts';
import { holdsLease } from '../run/lease.ts';
import type { LoggedPhase } from '../run/status.ts';
import { advance } from './advance.ts';
import { beginApply } from './begin-apply.ts';
import type { QueueDeps } from './deps.ts';
import { retryWhileAway } from './retry-while-away.ts';
import { saveProgress } from './save-progress.ts';

/** The sink of an execution whose rows are in our database. */
export interface QueueSink extends PhaseSink {
  /** The plan it saved, once it has one. */
  savedPlan(): SavedPlan | null;
  /** Ends what goes on beside the execution. To be called before its outcome is recorded. */
  close(): Promise<void>;
}

/**
 * Turns what an execution tells into rows, each write fenced by the lease, and tried again while the database is away.
 * The plan is kept in memory until the execution ends, so that plan and status are written in one transaction.
 */
export function makeSink(deps: QueueDeps, about: { run: Run; lease: Lease; signal: AbortSignal }): QueueSink {
  const { run, lease, signal } = about;
  const announcer = announcerFor(deps.db, run.id);
  const progress = saveProgress(deps.db, lease, announcer);
  const trying = { runId: run.id, signal };
  const log = openLog(deps, run);
  let saved: SavedPlan | null = null;
  return {
    signal,
    savedPlan: () => saved,
    useEngine: async (engine) => {
      if (!(await retryWhileAway(deps, trying, () => saveEngine(deps.db, lease, engine))))
        throw new LeaseLost('Another worker has this run.');
    },
    savePlan: async (plan) => {
      saved = plan;
    },
    enter: async (phase) => {
      await retryWhileAway(deps, trying, () => log.find(phase));
      const event = entering[phase];
      if (event) await retryWhileAway(deps, trying, () => enter(deps, lease, event));
    },
    log: async (phase, bytes) => {
      const chunk = { phase, bytes, seq: log.position(phase).seq + 1 };
      if (!(await retryWhileAway(deps, trying, () => appendLog(deps.db, lease, chunk))))
        throw new LeaseLost('Another worker writes this run’s log now.');
      log.wrote(phase, bytes.length);
      announcer.announce('log');
    },
    loggedBytes: (phase) => log.position(phase).bytes,
    beginApply: (external) => retryWhileAway(deps, trying, () => beginApply(deps, lease, external)),
    progress: progress.save,
    close: async () => {
      await progress.close();
      await announcer.close();
    },
  };
}

/** Where each phase's log stands. A run that is taken for the first time has none yet, which spares the look. */
function openLog(deps: QueueDeps, run: Run) {
  const positions = new Map<LoggedPhase, LogPosition>();
  const position = (phase: LoggedPhase) => positions.get(phase) ?? { seq: 0, bytes: 0 };
  return {
    position,
    async find(phase: LoggedPhase): Promise<void> {
      if (run.attempt > 1 && !positions.has(phase)) positions.set(phase, await readLogPosition(deps.db, run.id, phase));
    },
    wrote(phase: LoggedPhase, bytes: number): void {
      const before = position(phase);
      positions.set(phase, { seq: before.seq + 1, bytes: before.bytes + bytes });
    },
  };
}

interface Entering {
  event: RunEvent;
  status: Run['status'];
}

async function enter(deps: QueueDeps, lease: Lease, { event, status }: Entering): Promise<void> {
  const moved = await advance(deps.db, { runId: lease.runId, event, actor: deps.workerId, lease });
  if (moved.ok) return;
  if (moved.leaseLost) throw new LeaseLost(moved.why);
  // Done before, by ourselves, when the reply was lost.
  const run = await getRun(deps.db, lease.runId);
  if (run.status !== status || !holdsLease(run, lease)) throw new Error(`Entering ${status}: ${moved.why}`);
}

/** Preparing begins with the claim, and applying with `beginApply` or the claim: their status is there already. */
const entering: Partial<Record<LoggedPhase, Entering>> = {
  initializing: { event: { type: 'initializing_started' }, status: 'initializing' },
  planning: { event: { type: 'planning_started' }, status: 'planning' },
};
