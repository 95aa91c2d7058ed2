import { listWithin } from './destroy-warning.ts';
import { code, href, prose } from './escape.ts';
import type { PullRequestFacts, RunFacts } from './facts.ts';
import { commitLink, runLink } from './links.ts';
import { hasFailed, isPlanning, type StackView, takesApprovals } from './stack-state.ts';
import { closedWords, mergedWords, notOfDraftWords } from './words/notes.ts';

/** What a person can do now, and below it in small print where all of this comes from. */
export function nextStep(views: readonly StackView[], facts: PullRequestFacts): string {
  return [callToAction(views, facts), footer(views, facts)].filter((part) => part !== '').join('\n');
}

function callToAction(views: readonly StackView[], facts: PullRequestFacts): string {
  if (facts.fork) return '';
  const ready = views.filter((view) => isToApprove(view, facts)).map(({ stack }) => stack.name);
  if (ready.length > 0 && views.length === 1) return '**To apply this plan**, comment:\n```\n/approve\n```';
  if (ready.length > 1) {
    // An example, and never all of them.
    const some = ready.slice(0, ready.length > 2 ? 2 : 1).join(' ');
    return `**To apply all ready plans** comment \`/approve\`; only some: ${code(`/approve ${some}`)}.`;
  }
  const [only] = ready;
  if (only !== undefined) return `**To apply the plan of ${code(only)}** comment \`/approve\`.`;
  if (facts.ended === undefined && views.some(isPlanning))
    return 'This comment is edited as soon as the plans are there.';
  if (views.some(({ state }) => state === 'applying')) return 'The result of the apply will be a comment of its own.';
  if (views.some(({ state }) => state === 'outcome_unknown')) {
    return 'Nothing is applied to this stack until a person has looked at it: see the comment on its apply.';
  }
  const shut = shutWords(views, facts);
  if (shut !== null) return shut;
  if (views.some(({ state }) => state === 'apply_failed'))
    return '**Next**: comment `/plan` to see what is left to do.';
  if (views.some(({ state }) => state === 'plan_failed')) return 'Push a fix, or comment `/plan` to try again.';
  if (views.some(({ state }) => state === 'ended')) return 'Comment `/plan` to plan again.';
  if (views.some(({ state }) => state === 'held' || state === 'waiting'))
    return 'Comment `/approve` when the wait is over.';
  const applied = views.some(({ state }) => state === 'applied');
  return applied ? `Merge this pull request so that ${code(facts.baseBranch)} matches.` : '';
}

/** A run of the tracked branch waits for nothing but the approval. */
function isToApprove({ state, run, stack }: StackView, facts: PullRequestFacts): boolean {
  return (
    (state === 'ready' && takesApprovals(facts) && !stack.behind) ||
    (state === 'waiting' && run?.status === 'unconfirmed')
  );
}

/** Where the commands that are told else would be refused; null where they are not. */
export function shutWords(views: readonly StackView[], facts: PullRequestFacts): string | null {
  if (facts.ended === undefined)
    return facts.draft && views.some(({ state }) => state === 'ready') ? notOfDraftWords : null;
  if (views.every(({ state }) => state === 'applied' || state === 'unchanged')) return '';
  if (facts.ended === 'closed') return closedWords;
  const own = views.flatMap(({ stack: { run, name } }) =>
    run !== null && run.type !== 'plan_only' ? [{ run, stack: name }] : [],
  )[0];
  return own === undefined ? mergedWords : anewWords(own.run, own.stack);
}

/** What comes after a run that did not end well, where the pull request has ended. */
export function anewWords(run: RunFacts, stack: string): string {
  if (run.adopted) return `**Next**: trigger a new run of ${code(stack)} on the stack’s page.`;
  return `**Next**: re-run it on ${runLink(run, 'its page')}.`;
}

function footer(views: readonly StackView[], facts: PullRequestFacts): string {
  const commit = `plan of ${commitLink(facts.repository, facts.headSha)}`;
  const [only] = views;
  if (views.length !== 1 || only === undefined) {
    return small([...leftOut(views), commit, `[all runs of this pull request](${href(facts.runsUrl)})`]);
  }
  const also =
    only.state === 'ready' && !facts.fork && facts.ended === undefined
      ? 'Also: `/plan` to plan again · `/discard` · `/help` — '
      : '';
  const engine = only.run?.engine ? [prose(only.run.engine)] : [];
  const log = only.run ? [`<a href="${href(only.run.url)}">full log and raw plan</a>`] : [];
  return small([also + commit, ...engine, ...log]);
}

export function small(parts: readonly string[]): string {
  return `<sub>${parts.join(' · ')}</sub>`;
}

function leftOut(views: readonly StackView[]): string[] {
  const failed = views.filter((view) => hasFailed(view) && view.state === 'plan_failed').map(({ stack }) => stack.name);
  if (failed.length === 0 || !views.some(({ state }) => state === 'ready')) return [];
  const names = listWithin(failed, 500);
  return [
    failed.length === 1
      ? `${names} is left out until its plan succeeds`
      : `${names} are left out until their plans succeed`,
  ];
}
