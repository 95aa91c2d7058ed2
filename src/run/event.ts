import type { RunFailure } from './failure.ts';

/** What can happen to a run. Past tense: each is a fact by the time it is told. */
export type RunEvent =
  /** A worker took the run: to plan it, to apply an adopted plan, or to apply a confirmed one. */
  | { type: 'claimed' }
  | { type: 'initializing_started' }
  | { type: 'planning_started' }
  | { type: 'plan_finished'; hasChanges: boolean; autoApply: boolean }
  /** `/approve` on a pull request: the plan and its approval came with the run. */
  | { type: 'plan_adopted' }
  | { type: 'approved'; by: string }
  /** The approval's facts were read again and hold; the engine is about to start. */
  | { type: 'apply_started' }
  | { type: 'apply_finished' }
  | { type: 'phase_failed'; failure: RunFailure }
  /** `by` as people read it after "Canceled by": `@kim`, or `the end of the pull request`. */
  | { type: 'cancel_requested'; by: string }
  /** `by`: a short commit. */
  | { type: 'superseded'; by: string }
  | { type: 'discarded'; by: string }
  /** The engine has ended after a cancel was requested. */
  | { type: 'engine_stopped' }
  /** A worker that starts took over an apply that its predecessor on that machine left running. */
  | { type: 'readopted' }
  /** The lease ran out. `applyStarted`: whether the plan was used up by this run. */
  | { type: 'worker_lost'; applyStarted: boolean }
  | { type: 'deadline_passed' };

export type RunEventType = RunEvent['type'];

/** What must follow a change of a run, in the same transaction. */
export type Effect =
  /** Wake a worker for this run. */
  | 'start_phase'
  /** The stack is free: wake the next run that waits for it. */
  | 'release_stack'
  /** Nobody knows what the apply did: nothing may apply to this stack until a person has looked. */
  | 'hold_stack'
  /** The run's state credential ends here. */
  | 'revoke_credentials'
  /** Tell GitHub. */
  | 'report';
