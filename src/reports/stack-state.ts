import type { PlanSummary } from '../plan/summary.ts';
import { cellCode, sentence } from './escape.ts';
import type { PullRequestFacts, RunFacts, StackFacts } from './facts.ts';
import { failureWords } from './failure-text.ts';

/** Where a stack of a pull request stands, for people. */
export type StackState =
  | 'queued'
  | 'planning'
  | 'ready'
  | 'waiting'
  | 'held'
  | 'unchanged'
  | 'plan_failed'
  | 'ended'
  | 'applying'
  | 'applied'
  | 'apply_failed'
  | 'outcome_unknown';

export interface StackView {
  stack: StackFacts;
  state: StackState;
  /** The run to look at: the one that applies, or else the one that planned. */
  run: RunFacts | null;
  /** The plan people look at. */
  plan: PlanSummary | null;
}

export function viewStack(stack: StackFacts): StackView {
  const applying = applyingRun(stack);
  if (applying) {
    return { stack, state: applyState(applying), run: applying, plan: stack.run?.plan ?? applying.plan };
  }
  return { stack, state: planState(stack), run: stack.run, plan: stack.run?.plan ?? null };
}

/** Whether a plan of the pull request's own can be approved as things are. */
export function takesApprovals({ fork, draft, ended }: PullRequestFacts): boolean {
  return !fork && !draft && ended === undefined;
}

/** What the table says, as Markdown. */
export function stateLabel({ state, stack, run }: StackView, facts: PullRequestFacts): string {
  const because = (fallback: string) => capitalized(sentence(run?.endedBecause ?? fallback, cellCode));
  if (run === null && facts.ended !== undefined) return '⚪ Not planned';
  if (state === 'ready' && !takesApprovals(facts)) return '🟡 Planned';
  if (state === 'waiting') return `🟡 ${waitLabel(run)}`;
  if (state === 'queued' && run?.waitsFor) return `⏳ ${waitLabel(run)}`;
  if (state === 'applying' && run?.waitsFor) return `🔵 ${waitLabel(run)}`;
  if (state === 'held') return `🟡 Held: ${sentence(stack.heldBy ?? '', cellCode)}`;
  if (state === 'ended') return `⚪ ${because('Canceled')}`;
  if (state === 'plan_failed' && run?.failure?.reason === 'timed_out') return '🔴 Plan timed out';
  if (state === 'apply_failed' && run?.failure) return `🔴 ${failureWords(run.failure)}`;
  return labels[state];
}

/** Whether the plans of this stack are still being made. */
export function isPlanning(view: StackView): boolean {
  return view.state === 'queued' || view.state === 'planning';
}

/** Whether an apply is still to come, or on its way: its destroys are announced. */
export function isPending({ state }: StackView): boolean {
  return state === 'ready' || state === 'waiting' || state === 'held' || state === 'applying';
}

export function hasFailed({ state }: StackView): boolean {
  return state === 'plan_failed' || state === 'apply_failed' || state === 'outcome_unknown';
}

const labels: Record<StackState, string> = {
  queued: '⏳ Queued',
  planning: '⏳ Planning…',
  ready: '🟡 Ready to apply',
  waiting: '🟡 Waits',
  held: '🟡 Held',
  unchanged: '⚪ No changes',
  plan_failed: '🔴 Plan failed',
  ended: '⚪ Canceled',
  applying: '🔵 Applying',
  applied: '🟢 Applied',
  apply_failed: '🔴 Apply failed',
  outcome_unknown: '🔴 Apply outcome unknown',
};

function waitLabel(run: RunFacts | null): string {
  return capitalized(sentence(run?.waitsFor ?? '', cellCode));
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A tracked run whose plan is posted on the pull request applies by itself; a plan-only run's plan is applied by another. */
function applyingRun({ run, applied }: StackFacts): RunFacts | null {
  if (applied) return applied;
  if (run === null || run.type === 'plan_only') return null;
  const applies = run.apply !== null || run.failure?.phase === 'applying';
  return applies || run.status === 'approved' || run.status === 'applying' ? run : null;
}

function applyState(run: RunFacts): StackState {
  if (run.failure?.outcomeUnknown) return 'outcome_unknown';
  if (run.status === 'finished') return 'applied';
  if (run.status === 'failed' || run.failure?.phase === 'applying') return 'apply_failed';
  return run.status === 'discarded' || run.status === 'canceled' ? 'ended' : 'applying';
}

function planState({ run, heldBy }: StackFacts): StackState {
  if (run === null || run.status === 'queued') return 'queued';
  if (run.status === 'failed') return 'plan_failed';
  if (run.status === 'discarded' || run.status === 'canceled') return 'ended';
  if (run.status !== 'finished' && run.status !== 'unconfirmed') return 'planning';
  if (run.plan !== null && !run.plan.hasChanges) return 'unchanged';
  // `/discard` on a pull request marks the plan of a run that has long finished.
  if (run.endedBecause !== null) return 'ended';
  if (heldBy !== null) return 'held';
  return run.waitsFor === null ? 'ready' : 'waiting';
}
