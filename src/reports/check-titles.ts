import type { RunFailure } from '../run/failure.ts';
import { duration, signedCounts } from './amounts.ts';
import { oneLine } from './escape.ts';
import type { CheckAction, CheckReport, RunFacts } from './facts.ts';
import { failurePlace, failureWords, isRefusedApply } from './failure-text.ts';
import { placeInStack } from './links.ts';

/** How a run looks among the checks. */
export type CheckState = Pick<CheckReport, 'status' | 'conclusion' | 'title' | 'actions'>;

/** Titles, conclusions and buttons of every state a run can be in. `stackPath` shortens the files that titles name. */
export function checkState(run: RunFacts, stackPath: string): CheckState {
  switch (run.status) {
    case 'queued':
      return { status: run.approvedBy === null ? 'queued' : 'in_progress', title: underWay(run), actions: [] };
    case 'preparing':
    case 'initializing':
    case 'planning':
      return { status: 'in_progress', title: underWay(run), actions: [] };
    case 'unconfirmed':
      return done('action_required', `Needs approval: ${counts(run)}`, [approve, discard]);
    case 'approved':
    case 'applying':
      return { status: 'in_progress', title: 'Applying…', actions: [] };
    case 'finished':
      return finished(run);
    case 'failed':
      return failed(run, stackPath);
    case 'discarded':
    case 'canceled':
      return ended(run, stackPath);
  }
}

/** A run that was made to apply an approved plan passes through the first phases, but plans nothing. */
function underWay(run: RunFacts): string {
  return run.approvedBy === null ? 'Planning…' : 'Applying…';
}

function finished(run: RunFacts): CheckState {
  if (run.endedBecause !== null) return done('neutral', oneLine(run.endedBecause), [planAgain]);
  if (run.plan !== null && !run.plan.hasChanges) return done('success', 'No changes', [planAgain]);
  if (run.type === 'plan_only') return done('success', counts(run), [applyPlan, planAgain]);
  const time = run.apply === null ? '' : ` in ${duration(run.apply.seconds)}`;
  return done('success', `Applied: ${counts(run)}${time}`, []);
}

function failed(run: RunFacts, stackPath: string): CheckState {
  const failure = run.failure;
  if (failure === null) return done('failure', 'Failed', [planAgain]);
  const conclusion = failure.reason === 'timed_out' ? 'timed_out' : 'failure';
  return done(conclusion, failureTitle(failure, { run, stackPath }), [planAgain]);
}

function failureTitle(failure: RunFailure, { run, stackPath }: { run: RunFacts; stackPath: string }): string {
  const words = isRefusedApply(run) ? 'Not applied' : failureWords(failure);
  if (failure.headline.startsWith(`${words}: `)) return oneLine(failure.headline);
  if (failure.phase === 'applying') {
    if (failure.outcomeUnknown) return words;
    if (failure.applied) return oneLine(failure.headline);
    return `${words} after ${changesMade(run)}`;
  }
  const place = failurePlace(failure);
  const at = place === null ? '' : ` (${placeInStack(place, stackPath)})`;
  return oneLine(`${words}: ${failure.headline}${at}`);
}

/** `2 of 4 changes`: of those the plan has, those the engine reported done. A replacement is two. */
export function changesMade(run: RunFacts): string {
  const made = (run.apply?.steps ?? []).filter(({ result, action }) => result === 'done' && action !== 'read').length;
  const { add, change, destroy } = run.plan?.counts ?? { add: 0, change: 0, destroy: 0 };
  const all = Math.max(add + change + destroy, made);
  return `${made} of ${all} ${all === 1 ? 'change' : 'changes'}`;
}

function ended(run: RunFacts, stackPath: string): CheckState {
  if (run.failure) return done('cancelled', failureTitle(run.failure, { run, stackPath }), [planAgain]);
  const title = oneLine(run.endedBecause ?? (run.status === 'discarded' ? 'Discarded' : 'Canceled'));
  const neutral = run.status === 'discarded' || title.startsWith('Superseded');
  return done(neutral ? 'neutral' : 'cancelled', title, [planAgain]);
}

function counts(run: RunFacts): string {
  return run.plan === null ? 'changes' : signedCounts(run.plan);
}

function done(conclusion: NonNullable<CheckReport['conclusion']>, title: string, actions: CheckAction[]): CheckState {
  return { status: 'completed', conclusion, title, actions };
}

const applyPlan: CheckAction = {
  label: 'Apply plan',
  description: 'Apply exactly this plan',
  identifier: 'apply_plan',
};
const planAgain: CheckAction = { label: 'Plan again', description: 'Make a new plan', identifier: 'plan_again' };
const approve: CheckAction = { label: 'Approve', description: 'Apply exactly this plan', identifier: 'approve' };
const discard: CheckAction = { label: 'Discard', description: 'Give this plan up', identifier: 'discard' };
