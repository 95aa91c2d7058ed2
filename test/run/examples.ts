import type { RunEvent, RunEventType } from '../../src/run/event.ts';
import type { RunFailure } from '../../src/run/failure.ts';
import type { RunStatus } from '../../src/run/status.ts';
import type { RunState } from '../../src/run/transition.ts';

export const failure: RunFailure = {
  phase: 'planning',
  reason: 'exit',
  headline: 'Unsupported argument',
  detail: 'on main.tf line 3',
  diagnostics: [],
};

/** A tracked run that no worker has and nobody has canceled. */
export function runThatIs(status: RunStatus, more: Partial<RunState> = {}): RunState {
  return {
    type: 'tracked',
    status,
    attempt: 1,
    leased: false,
    adopted: false,
    cancelRequested: false,
    cancelAs: null,
    ...more,
  };
}

/** One event of each type. */
export const examples: { [T in RunEventType]: Extract<RunEvent, { type: T }> } = {
  claimed: { type: 'claimed' },
  initializing_started: { type: 'initializing_started' },
  planning_started: { type: 'planning_started' },
  plan_finished: { type: 'plan_finished', hasChanges: true, autoApply: false },
  plan_adopted: { type: 'plan_adopted' },
  approved: { type: 'approved', by: 'kim' },
  apply_started: { type: 'apply_started' },
  readopted: { type: 'readopted' },
  apply_finished: { type: 'apply_finished' },
  phase_failed: { type: 'phase_failed', failure },
  cancel_requested: { type: 'cancel_requested', by: '@kim' },
  superseded: { type: 'superseded', by: '4f2c9d1' },
  discarded: { type: 'discarded', by: '@kim' },
  engine_stopped: { type: 'engine_stopped' },
  worker_lost: { type: 'worker_lost', applyStarted: false },
  deadline_passed: { type: 'deadline_passed' },
};

export const eventTypes = Object.keys(examples) as RunEventType[];
