import { phaseLabels } from '../run/status.ts';
import { clock, plural } from './amounts.ts';
import { bold, cellCode, fence, href, prose } from './escape.ts';
import type { PullRequestFacts, RunFacts } from './facts.ts';
import { failureFence, failurePlace, failureWords, logFragment } from './failure-text.ts';
import type { Scene } from './fit-report.ts';
import { commitLink, fileAnchor, runLink } from './links.ts';
import { shutWords, small } from './next-step.ts';
import { noteParagraphs, paragraphs } from './paragraphs.ts';
import { folded, stackDetails } from './stack-details.ts';
import type { StackView } from './stack-state.ts';
import { fittingRows, table } from './table.ts';

/** The comment when no stack could be planned. */
export function failedForm(views: readonly StackView[], scene: Scene): string {
  const run = views.length === 1 ? (views[0]?.run ?? null) : null;
  const log = run === null ? '' : ` ${runLink(run, 'Full log', logFragment(run.failure))}`;
  return paragraphs([
    `### Zenfra · ${whatFailed(views)} in ${plural(views.length, 'stack')}`,
    failedTable(views, scene),
    ...(run === null ? stackDetails(views, scene) : errorDetails(run, scene)),
    ...noteParagraphs(scene.facts),
    `${shutWords(views, scene.facts) ?? 'Push a fix, or comment `/plan` to try again.'}${log}\n${footer(run, scene.facts)}`,
  ]);
}

/** The comment when the stacks cannot even be told. */
export function configErrorForm(facts: PullRequestFacts, error: NonNullable<PullRequestFacts['configError']>): string {
  const place = { file: error.file, ...(error.line !== null && { line: error.line }) };
  const summary = `<b>Error</b> · ${fileAnchor(facts.repository, facts.headSha, place)}`;
  return paragraphs([
    `### Zenfra · ${prose(error.file)} cannot be used`,
    folded(summary, fence(error.message.slice(0, 5_000)), { open: true }),
    ...noteParagraphs(facts),
    `${facts.ended === undefined ? 'Push a fix: it is planned by itself.\n' : ''}${small([`commit ${commitLink(facts.repository, facts.headSha)}`])}`,
  ]);
}

function whatFailed(views: readonly StackView[]): string {
  const words = views.map(({ run }) => (run?.failure ? failureWords(run.failure).toLowerCase() : 'plan failed'));
  return new Set(words).size === 1 ? (words[0] ?? 'plan failed') : 'plan failed';
}

function failedTable(views: readonly StackView[], { facts, rung }: Scene): string {
  const rows = views.slice(0, rung.rows).map(({ stack, run }) => {
    const after = run === null || run.seconds === null ? '' : ` (after ${clock(run.seconds)})`;
    const phase = run?.failure ? phaseLabels[run.failure.phase] : '–';
    return [bold(stack.name, cellCode), '🔴 Failed', phase + after, run === null ? '–' : runLink(run)];
  });
  const shown = rung.rows === Number.POSITIVE_INFINITY ? rows : fittingRows(rows, 25_000);
  const left = views.length - shown.length;
  const more = left > 0 ? `\n\nAnd ${left} more: [all runs of this pull request](${href(facts.runsUrl)})` : '';
  const columns = ['Stack', 'Plan', 'Phase', 'Run'].map((title) => ({ title }));
  return table(columns, shown) + more;
}

function errorDetails(run: RunFacts, { facts, rung }: Scene): string[] {
  if (!run.failure || rung.diff === null) return [];
  const place = failurePlace(run.failure);
  const at = place === null ? '' : ` · ${fileAnchor(facts.repository, run.commit, place)}`;
  return [folded(`<b>Error</b>${at}`, failureFence(run.failure, rung.errorLength), { open: true })];
}

function footer(run: RunFacts | null, facts: PullRequestFacts): string {
  const commit = `commit ${commitLink(facts.repository, facts.headSha)}`;
  if (run === null) return small([commit, `[all runs of this pull request](${href(facts.runsUrl)})`]);
  return small([commit, ...(run.engine ? [prose(run.engine)] : [])]);
}
