import { autoApplier } from './auto-apply.ts';
import type { Effect, RunEvent, RunEventType } from './event.ts';
import { type FailurePhase, type RunFailure, unknownAdvice } from './failure.ts';
import { approvalWaitSeconds, workerWaitSeconds } from './limits.ts';
import { type RunStatus, type RunType, runStatuses, statusLabels } from './status.ts';

/** As many times a run is taken by a worker before it reaches its apply. */
export const maxAttempts = 3;

/** What the rules need to know of a run. */
export interface RunState {
  type: RunType;
  status: RunStatus;
  /** Claims so far. */
  attempt: number;
  /** Whether a worker holds it now. */
  leased: boolean;
  adopted: boolean;
  cancelRequested: boolean;
  cancelAs: 'canceled' | 'discarded' | null;
}

/** What an event makes of a run: columns to set, and what must follow. */
export interface Step {
  status: RunStatus;
  failure?: RunFailure;
  /** Null takes back what an earlier step said. */
  endedBecause?: string | null;
  approvedBy?: string;
  /** A running engine is told to stop; the status changes when it has. */
  cancel?: { by: string; as: 'canceled' | 'discarded' };
  effects: Effect[];
}

export type Transition = { ok: true; step: Step } | { ok: false; why: string };

/**
 * The rules of a run: given a state and an event, the next state or a refusal in a sentence. Pure; `queue/advance`
 * is its only caller that writes.
 */
export function transition(run: RunState, event: RunEvent): Transition {
  const rule = rules[event.type][run.status] as Rule<RunEvent> | undefined;
  if (!rule) return { ok: false, why: refusal(run.status, event.type) };
  const step = rule(run, event);
  return typeof step === 'string' ? { ok: false, why: step } : { ok: true, step };
}

/** No event leads out of a final status: derived from the table, so that the two cannot disagree. */
export function isFinal(status: RunStatus): boolean {
  return Object.values(rules).every((byStatus) => byStatus[status] === undefined);
}

type Rule<E extends RunEvent> = (run: RunState, event: E) => Step | string;
type Rules = { [T in RunEventType]: Partial<Record<RunStatus, Rule<Extract<RunEvent, { type: T }>>>> };

/** The table: event × status. What is absent is refused. The one in `docs/run-lifecycle.md` is made from it. */
const rules: Rules = {
  claimed: {
    queued: () => ({ status: 'preparing', effects: ['report'] }),
    approved: () => ({ status: 'applying', effects: ['report'] }),
  },
  initializing_started: { preparing: () => ({ status: 'initializing', effects: [] }) },
  planning_started: { initializing: () => ({ status: 'planning', effects: [] }) },
  plan_finished: { planning: afterPlan },
  plan_adopted: {
    planning: (run) =>
      run.adopted ? { status: 'approved', effects: [] } : 'Only a run that was made with a plan can adopt one.',
  },
  approved: {
    unconfirmed: (_, { by }) => ({ status: 'approved', approvedBy: by, effects: ['start_phase', 'report'] }),
  },
  apply_started: {
    approved: (run) => (run.leased ? { status: 'applying', effects: ['report'] } : 'No worker has this run.'),
    applying: () => ({ status: 'applying', effects: [] }),
  },
  readopted: { applying: () => ({ status: 'applying', effects: [] }) },
  // What is applied is applied: a cancel that came too late changes nothing about it.
  apply_finished: { applying: () => end('finished', null) },
  phase_failed: {
    preparing: fail,
    initializing: fail,
    planning: fail,
    approved: fail,
    applying: (run, event) => (event.failure.outcomeUnknown ? failUnknown(event.failure) : fail(run, event)),
  },
  cancel_requested: {
    queued: (_, { by }) => end('canceled', `Canceled by ${by}`),
    preparing: cancel,
    initializing: cancel,
    planning: cancel,
    unconfirmed: (_, { by }) => end('canceled', `Canceled by ${by}`),
    approved: (run, event) => (run.leased ? cancel(run, event) : end('canceled', `Canceled by ${event.by}`)),
    applying: cancel,
  },
  superseded: {
    queued: supersede,
    preparing: supersede,
    initializing: supersede,
    planning: supersede,
    unconfirmed: supersede,
    approved: supersede,
  },
  discarded: {
    queued: discard,
    unconfirmed: discard,
    approved: (run, event) =>
      run.leased ? 'The apply is about to start; cancel the run instead.' : discard(run, event),
  },
  engine_stopped: {
    preparing: stopped,
    initializing: stopped,
    planning: stopped,
    approved: stopped,
    applying: stopped,
  },
  worker_lost: {
    preparing: requeue,
    initializing: requeue,
    planning: requeue,
    approved: requeue,
    applying: (run, event) =>
      event.applyStarted
        ? failUnknown(outcomeUnknown)
        : requeueOr(run, { status: 'approved', effects: ['start_phase'] }),
  },
  deadline_passed: {
    queued: () => failUntaken('queued'),
    approved: (run) => (run.leased ? 'A worker has this run.' : failUntaken('applying')),
    unconfirmed: () => end('discarded', `Discarded: nobody approved it within ${approvalWaitSeconds / 86_400} days`),
  },
};

/** A plan that is ready before its engine could be stopped is ended all the same: who asked must not find it waiting. */
function afterPlan(run: RunState, event: { hasChanges: boolean; autoApply: boolean }): Step {
  if (run.cancelRequested) return end(run.cancelAs ?? 'canceled');
  if (run.type === 'plan_only' || !event.hasChanges) return end('finished');
  if (event.autoApply && run.type === 'tracked') {
    return { status: 'approved', approvedBy: autoApplier, effects: ['start_phase', 'report'] };
  }
  return { status: 'unconfirmed', effects: ['report'] };
}

function end(status: RunStatus, because?: string | null): Step {
  return {
    status,
    ...(because === undefined ? {} : { endedBecause: because }),
    effects: ['revoke_credentials', 'release_stack', 'report'],
  };
}

function fail(run: RunState, event: { failure: RunFailure }): Step {
  const { reason, phase } = event.failure;
  if (run.cancelRequested && ['canceled', 'refused'].includes(reason)) {
    // What an apply did until it was stopped is told as of one that failed.
    const told = run.status === 'applying' && phase === 'applying' ? { failure: event.failure } : {};
    return { ...end(run.cancelAs ?? 'canceled'), ...told };
  }
  return { ...end('failed'), failure: event.failure };
}

function failUntaken(phase: FailurePhase): Step {
  const headline = `No worker took this run within ${workerWaitSeconds / 3600} hours`;
  const detail =
    'Look at the Doctor page, or at the workers’ logs: is one running, and has it a free slot? Then re-run.';
  return { ...end('failed'), failure: { phase, reason: 'timed_out', headline, detail, diagnostics: [] } };
}

/** The credential stays good: a late save of a process that may still live must not be lost. */
function failUnknown(failure: RunFailure): Step {
  return { status: 'failed', failure, effects: ['hold_stack', 'release_stack', 'report'] };
}

const outcomeUnknown: RunFailure = {
  phase: 'applying',
  reason: 'lost',
  headline: 'The worker was lost while it applied; what was done is unknown',
  detail: unknownAdvice,
  diagnostics: [],
  outcomeUnknown: true,
};

function cancel(run: RunState, event: { by: string }): Step | string {
  if (run.cancelRequested) return 'It is being canceled already.';
  return {
    status: run.status,
    cancel: { by: event.by, as: 'canceled' },
    endedBecause: `Canceled by ${event.by}`,
    effects: ['report'],
  };
}

function supersede(run: RunState, event: { by: string }): Step | string {
  if (run.adopted) return 'It applies an approved plan; a newer push waits for it.';
  const because = `Superseded by ${event.by}`;
  if (!run.leased) return end('discarded', because);
  if (run.cancelRequested) return 'It is being canceled already.';
  return { status: run.status, cancel: { by: event.by, as: 'discarded' }, endedBecause: because, effects: ['report'] };
}

function discard(_: RunState, event: { by: string }): Step {
  return end('discarded', `Discarded by ${event.by}`);
}

function stopped(run: RunState): Step | string {
  if (!run.cancelRequested) return 'Nobody asked to cancel it.';
  return end(run.cancelAs ?? 'canceled');
}

function requeue(run: RunState): Step {
  return requeueOr(run, { status: 'queued', effects: ['start_phase', 'report'] });
}

function requeueOr(run: RunState, again: Step): Step {
  if (run.cancelRequested) return end(run.cancelAs ?? 'canceled');
  if (run.attempt < maxAttempts) return again;
  const phase = run.status === 'approved' ? 'applying' : (run.status as FailurePhase);
  const headline = `The worker was lost ${maxAttempts} times`;
  const detail = 'Nothing was applied. Look at the workers’ logs and memory, then re-run.';
  return { ...end('failed'), failure: { phase, reason: 'lost', headline, detail, diagnostics: [] } };
}

function refusal(status: RunStatus, event: RunEventType): string {
  const now = status === 'unconfirmed' ? 'waiting for approval' : statusLabels[status].toLowerCase();
  return `This run is ${now}; ${refusals[event]}`;
}

const refusals: Record<RunEventType, string> = {
  claimed: 'a worker can take it only while it is queued or approved.',
  initializing_started: 'it can initialize only after preparing.',
  planning_started: 'it can plan only after initializing.',
  plan_finished: 'only a planning run can finish its plan.',
  plan_adopted: 'only a planning run can adopt a plan.',
  approved: 'only a run that needs approval can be approved.',
  apply_started: 'only an approved run can apply.',
  readopted: 'only an applying run can be taken over.',
  apply_finished: 'only an applying run can finish its apply.',
  phase_failed: 'no phase of it is running.',
  cancel_requested: 'there is nothing to cancel.',
  superseded: 'it cannot be superseded any more.',
  discarded: 'only a run that waits can be discarded.',
  engine_stopped: 'no engine of it is running.',
  worker_lost: 'no worker has it.',
  deadline_passed: 'it has no deadline.',
};

/** For the docs and the tests: every status an event can lead to from each status it is accepted in. */
export function acceptedEvents(status: RunStatus): RunEventType[] {
  return (Object.keys(rules) as RunEventType[]).filter((event) => rules[event][status] !== undefined);
}

export const finalStatuses: RunStatus[] = runStatuses.filter((status) => isFinal(status));
