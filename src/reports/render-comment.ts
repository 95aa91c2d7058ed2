import { shortSha } from '../run/short-sha.ts';
import { destroyWarning } from './destroy-warning.ts';
import type { PullRequestFacts } from './facts.ts';
import { configErrorForm, failedForm } from './failed-form.ts';
import { fitReport, type Scene } from './fit-report.ts';
import { headline } from './headline.ts';
import { commitLink } from './links.ts';
import { nextStep } from './next-step.ts';
import { noteParagraphs, paragraphs } from './paragraphs.ts';
import { renderStale } from './render-stale.ts';
import { stackDetails } from './stack-details.ts';
import { isPlanning, type StackView, viewStack } from './stack-state.ts';
import { stackTable } from './stack-table.ts';
import { unchangedForm } from './unchanged-form.ts';
import { draftWords, forkWords } from './words/notes.ts';

/**
 * The one comment that is kept up to date on a pull request: at most 60,000 bytes of Markdown, whose first line
 * is the hidden marker it is found by.
 */
export function renderComment(facts: PullRequestFacts): string {
  const views = facts.stacks.map(viewStack);
  if (facts.previous && showsPrevious(facts)) return renderStale(facts, facts.previous);
  return fitReport(facts.detail, (rung) => `${marker(facts)}\n${form(views, { facts, rung })}`);
}

/** Whether the comment shows an earlier head's plans, and none of this head's: those are not there to be approved yet. */
export function showsPrevious(facts: PullRequestFacts): boolean {
  const views = facts.stacks.map(viewStack);
  if (facts.ended !== undefined) return false;
  return facts.previous !== null && !isLeftOut(views, facts) && views.some(isPlanning);
}

/** Nothing is planned of it, and nothing will be by itself, but can be when it is asked for. */
function isLeftOut(views: readonly StackView[], { fork, draft, ended }: PullRequestFacts): boolean {
  return (fork || draft) && ended === undefined && views.every(({ run }) => run === null);
}

/** The first line of every comment on a pull request that is about its plans. */
function marker({ number, headSha }: PullRequestFacts): string {
  return `<!-- zenfra:v1 pr=${number} sha=${shortSha(headSha).replace(/[^0-9A-Za-z]/g, '')} -->`;
}

function form(views: readonly StackView[], scene: Scene): string {
  const { facts } = scene;
  const leftOut = isLeftOut(views, facts);
  if (facts.fork && leftOut) return `### Zenfra · not planned\n\n${forkWords(facts.headSha)}`;
  if (facts.configError) return configErrorForm(facts, facts.configError);
  if (facts.draft && leftOut) return `### Zenfra · not planned\n\n${draftWords}`;
  if (views.length === 0) {
    const commit = commitLink(facts.repository, facts.headSha);
    const text = `${commit} touches no stack. Nothing to apply.`;
    return paragraphs(['### Zenfra · no stacks affected', text, ...noteParagraphs(facts)]);
  }
  if (views.every(({ state }) => state === 'unchanged')) return unchangedForm(views, facts);
  if (views.every(({ state }) => state === 'plan_failed')) return failedForm(views, scene);
  return plannedForm(views, scene);
}

function plannedForm(views: readonly StackView[], scene: Scene): string {
  const warning = destroyWarning(views, { named: scene.rung.diff !== null });
  return paragraphs([
    `### Zenfra · ${headline(views, scene.facts)}`,
    warning && `> [!CAUTION]\n${warning.replaceAll(/^/gm, '> ')}`,
    stackTable(views, scene),
    ...stackDetails(views, scene),
    ...noteParagraphs(scene.facts),
    nextStep(views, scene.facts),
  ]);
}
