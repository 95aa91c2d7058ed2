import { joined, planPhrase, plural } from './amounts.ts';
import type { PullRequestFacts } from './facts.ts';
import { failureWords } from './failure-text.ts';
import { isPlanning, type StackState, type StackView } from './stack-state.ts';

/** `1 stack · 1 to add, 2 to change, 1 to destroy` or `12 stacks · 3 with changes, 8 unchanged, 1 failed`. */
export function headline(views: readonly StackView[], { ended }: Pick<PullRequestFacts, 'ended'>): string {
  const [only] = views;
  const stacks = plural(views.length, 'stack');
  const planning = ended === undefined ? 'planning' : 'not planned';
  if (views.length !== 1 || only === undefined) return `${stacks} · ${tally(views, { planning })}`;
  return `${stacks} · ${isPlanning(only) ? planning : single(only)}`;
}

/** How many stacks there are of each kind; kinds without any are left out. */
export function tally(views: readonly StackView[], { unchanged = true, planning = 'planning' } = {}): string {
  const count = (...states: StackState[]) => views.filter(({ state }) => states.includes(state)).length;
  const counts = {
    changed: count('ready', 'waiting', 'held'),
    applying: count('applying'),
    applied: count('applied'),
    unchanged: unchanged ? count('unchanged') : 0,
    failed: count('plan_failed'),
    applyFailed: count('apply_failed', 'outcome_unknown'),
    planning: views.filter(isPlanning).length,
    ended: count('ended'),
  };
  return joined([
    [counts.changed, `${counts.changed} with changes`],
    [counts.applying, `${counts.applying} applying`],
    [counts.applied, `${counts.applied} applied`],
    [counts.unchanged, `${counts.unchanged} unchanged`],
    [counts.failed, `${counts.failed} failed`],
    [counts.applyFailed, `${counts.applyFailed} failed to apply`],
    [counts.planning, `${counts.planning} ${planning}`],
    [counts.ended, `${counts.ended} canceled or discarded`],
  ]);
}

function single({ state, plan, run }: StackView): string {
  const words: Record<StackState, string> = {
    queued: 'planning',
    planning: 'planning',
    ready: '',
    waiting: '',
    held: '',
    unchanged: 'no changes',
    plan_failed: 'plan failed',
    ended: run?.status === 'canceled' ? 'canceled' : 'plan discarded',
    applying: 'applying',
    applied: 'applied',
    apply_failed: run?.failure ? failureWords(run.failure).toLowerCase() : 'apply failed',
    outcome_unknown: 'apply outcome unknown',
  };
  const what = plan?.hasChanges && state !== 'ended' ? planPhrase(plan) : '';
  return [words[state], what].filter((part) => part !== '').join(': ');
}
