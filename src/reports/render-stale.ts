import { shortSha } from '../run/short-sha.ts';
import { planPhrase, plural } from './amounts.ts';
import { code, href, sentence } from './escape.ts';
import type { PullRequestFacts, RunFacts } from './facts.ts';
import { fitReport, type Scene } from './fit-report.ts';
import { tally } from './headline.ts';
import { commitLink, runLink } from './links.ts';
import { paragraphs } from './paragraphs.ts';
import { folded, planBody } from './stack-details.ts';
import { isPlanning, type StackView, viewStack } from './stack-state.ts';
import { stackTable } from './stack-table.ts';

/** The comment while an earlier plan is out of date and the next one is not there yet: what was shown stays, struck out. */
export function renderStale(facts: PullRequestFacts, previous: NonNullable<PullRequestFacts['previous']>): string {
  const earlier = previous.stacks.map(viewStack);
  const sha = shortSha(previous.headSha).replace(/[^0-9A-Za-z]/g, '');
  const start = `<!-- zenfra:v1 pr=${facts.number} sha=${sha} stale -->\n### Zenfra · plan is out of date`;
  return fitReport(facts.detail, (rung) =>
    paragraphs([start, note(facts, previous.because), struck(earlier, { facts, rung, sha })]),
  );
}

function note(facts: PullRequestFacts, because: string | null): string {
  const pushed = `New commit ${commitLink(facts.repository, facts.headSha)} was pushed.`;
  const why = because === null ? pushed : `The plan is out of date because ${sentence(because)}.`;
  return `> [!NOTE]\n> ${why} ${runsWords(facts)} \`/approve\` does nothing until it is ready.`;
}

function runsWords(facts: PullRequestFacts): string {
  const runs = facts.stacks
    .map(viewStack)
    .filter(isPlanning)
    .flatMap(({ run }): RunFacts[] => (run ? [run] : []));
  const [only] = runs;
  if (only === undefined) return 'A new plan starts soon.';
  if (runs.length === 1) return `A new plan is running: ${runLink(only, `run #${only.number}`)}.`;
  return `${plural(runs.length, 'new plan')} are running: [all runs](${href(facts.runsUrl)}).`;
}

function struck(views: readonly StackView[], scene: Scene & { sha: string }): string {
  const [only] = views;
  const single = views.length === 1 && only?.plan ? planPhrase(only.plan) : '';
  const what = single || (views.length === 1 ? tally(views) : `${plural(views.length, 'stack')}, ${tally(views)}`);
  const table = stackTable(views, scene);
  const bodies = views.flatMap((view) => {
    const body = planBody(view, scene);
    return body === '' ? [] : [views.length === 1 ? body : `${code(view.stack.name)}\n\n${body}`];
  });
  const body = scene.rung.diff === null || bodies.length === 0 ? table : paragraphs(bodies);
  return folded(`<s>Plan of ${scene.sha}: ${what}</s>`, body, { open: false });
}
