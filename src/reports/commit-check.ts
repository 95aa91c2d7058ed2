import { renderAggregateCheck } from './aggregate-check.ts';
import { prose } from './escape.ts';
import type { CheckReport, PullRequestFacts, StackFacts } from './facts.ts';
import { paragraphs } from './paragraphs.ts';

/**
 * The check `zenfra` of a commit. GitHub asks a commit for it, not a pull request, and several can have the same head:
 * another base, or another branch at the same commit. So it says the worst of what is to be said of any of them; the
 * last to report would else turn green what another one failed.
 */
export function renderCommitCheck(pulls: readonly PullRequestFacts[]): { report: CheckReport; detailsUrl: string } {
  const each = pulls
    .filter((facts) => !isPlannedByAnother(facts, pulls))
    .sort((a, b) => a.number - b.number)
    .map((facts) => ({ facts, report: renderAggregateCheck(facts) }));
  const worst = each.reduce((one, other) => (badness(other.report) > badness(one.report) ? other : one));
  const { facts, report } = worst;
  if (each.length === 1) return { report, detailsUrl: facts.runsUrl };
  const title = `#${facts.number}: ${report.title}`;
  const summary = paragraphs([sharedNote(each), report.summary]);
  return { report: { ...report, title, summary }, detailsUrl: facts.runsUrl };
}

/**
 * The stacks whose own checks on the commit are this pull request's to post. Where two plan one stack at the same
 * commit, the newest run speaks: each would else put its own in the other's place, with a new check every time.
 */
export function stacksToSpeakFor(facts: PullRequestFacts, pulls: readonly PullRequestFacts[]): StackFacts[] {
  if (isPlannedByAnother(facts, pulls)) return [];
  const others = pulls.filter((other) => other.number !== facts.number && !isPlannedByAnother(other, pulls));
  const theirs = others.flatMap(({ stacks }) => stacks);
  return facts.stacks.filter((stack) =>
    theirs.every((other) => other.name !== stack.name || newestRun(other) < newestRun(stack)),
  );
}

/**
 * Whether what a fork's pull request would merge is planned by one of this repository, as its check advises: the fork's
 * has then nothing to add, and must not keep that one back.
 */
function isPlannedByAnother(facts: PullRequestFacts, pulls: readonly PullRequestFacts[]): boolean {
  return facts.fork && pulls.some(({ fork, draft, baseBranch }) => !fork && !draft && baseBranch === facts.baseBranch);
}

function newestRun({ run, applied }: StackFacts): number {
  return (applied ?? run)?.number ?? 0;
}

/** GitHub lets a merge pass with the first three. What stays until somebody acts comes before what ends by itself. */
const fromGoodToBad = [
  'success',
  'neutral',
  'skipped',
  'queued',
  'in_progress',
  'action_required',
  'cancelled',
  'timed_out',
  'failure',
];

function badness({ status, conclusion }: CheckReport): number {
  return fromGoodToBad.indexOf(conclusion ?? status);
}

const mostNamed = 20;

function sharedNote(each: readonly { facts: PullRequestFacts; report: CheckReport }[]): string {
  const named = each.slice(0, mostNamed).map(({ facts, report }) => `#${facts.number} (${prose(report.title)})`);
  const more = each.length > mostNamed ? [`${each.length - mostNamed} more`] : [];
  const list = [...named, ...more].join(', ');
  return `> [!NOTE]\n> This commit is the head of ${each.length} pull requests, and this check speaks for all of them: ${list}.`;
}
