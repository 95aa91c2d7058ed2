import { plural, signedCounts } from './amounts.ts';
import { destroyWarning } from './destroy-warning.ts';
import { code, fence, href, oneLine } from './escape.ts';
import type { CheckReport, PullRequestFacts } from './facts.ts';
import { failureFence } from './failure-text.ts';
import { fitReport, type Scene } from './fit-report.ts';
import { tally } from './headline.ts';
import { noteParagraphs, paragraphs } from './paragraphs.ts';
import { hasFailed, isPlanning, type StackView, viewStack } from './stack-state.ts';
import { stackTable } from './stack-table.ts';
import { draftWords, forkWords, noStacksWords } from './words/notes.ts';

type Outcome = Pick<CheckReport, 'status' | 'conclusion' | 'title' | 'summary' | 'annotations'>;

/** The check `zenfra`, which every head of a pull request gets: the only one to make required. It speaks for the plans. */
export function renderAggregateCheck(facts: PullRequestFacts): CheckReport {
  return { name: 'zenfra', actions: [], ...outcomeOf(facts) };
}

function outcomeOf(facts: PullRequestFacts): Outcome {
  const views = facts.stacks.map(viewStack);
  const unplanned = views.every(({ run }) => run === null);
  if (facts.fork && views.length > 0 && unplanned) {
    return done('action_required', 'Fork: not planned', forkWords(facts.headSha));
  }
  if (facts.configError) return configError(facts, facts.configError);
  if (views.length === 0) {
    const summary = paragraphs([...noteParagraphs(facts), noStacksWords(facts.rules)]);
    return done('success', 'No stacks affected', summary);
  }
  if (facts.draft && unplanned) return done('skipped', 'Draft pull request', draftWords);
  const summary = fitReport('diff', (rung) => summaryText(views, { facts, rung }));
  const left = views.filter(isPlanning).length;
  if (left > 0) {
    const title = `${views.length - left} of ${views.length} planned`;
    return { status: 'in_progress', title, summary, annotations: [] };
  }
  const conclusion = conclusionOf(views);
  // What was planned without the state must not pass for what would be applied.
  if (facts.fork && conclusion === 'success') return done('action_required', 'Fork: planned without state', summary);
  return done(conclusion, titleOf(views), summary);
}

function done(conclusion: NonNullable<CheckReport['conclusion']>, title: string, summary: string): Outcome {
  return { status: 'completed', conclusion, title, summary, annotations: [] };
}

function configError(facts: PullRequestFacts, error: NonNullable<PullRequestFacts['configError']>): Outcome {
  const line = error.line ?? 1;
  const at = error.line === null ? '' : ` (line ${error.line})`;
  const message = error.message.slice(0, 4_000);
  const summary = paragraphs([fence(error.message.slice(0, 5_000)), ...noteParagraphs(facts)]);
  return {
    ...done('failure', oneLine(`${error.file} cannot be used${at}`), summary),
    annotations: [
      {
        path: error.file,
        startLine: line,
        endLine: line,
        level: 'failure',
        title: `${error.file} cannot be used`,
        message,
      },
    ],
  };
}

/** A plan that a person canceled is no plan: a required check must not pass by it. */
function conclusionOf(views: readonly StackView[]): NonNullable<CheckReport['conclusion']> {
  const failed = views.filter(hasFailed);
  if (failed.some(({ run }) => run?.failure?.reason !== 'timed_out')) return 'failure';
  if (failed.length > 0) return 'timed_out';
  return views.some(({ state, run }) => state === 'ended' && run?.status !== 'finished') ? 'cancelled' : 'success';
}

function titleOf(views: readonly StackView[]): string {
  if (views.every(({ state }) => state === 'unchanged')) return 'No changes';
  const [only] = views;
  const stacks = plural(views.length, 'stack');
  const single = views.length === 1 && only?.plan?.hasChanges && !hasFailed(only) && only.state !== 'ended';
  return `${stacks}: ${single && only.plan ? signedCounts(only.plan) : tally(views, { unchanged: false })}`;
}

/** What the comment says above its diffs, and the errors of what failed. */
function summaryText(views: readonly StackView[], { facts, rung }: Scene): string {
  const errors = views.flatMap(({ run, stack }) =>
    run?.failure && rung.errorLength > 0
      ? [`${code(stack.name)}\n\n${failureFence(run.failure, rung.errorLength)}`]
      : [],
  );
  return paragraphs([
    destroyWarning(views, { named: false }),
    stackTable(views, { facts, rung }),
    ...errors,
    ...noteParagraphs(facts),
    `[All runs of this pull request](${href(facts.runsUrl)})`,
  ]);
}
