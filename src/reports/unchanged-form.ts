import { duration } from './amounts.ts';
import { listWithin } from './destroy-warning.ts';
import { code, href } from './escape.ts';
import type { PullRequestFacts } from './facts.ts';
import { commitLink, runLink } from './links.ts';
import { noteParagraphs, paragraphs } from './paragraphs.ts';
import { planNotes } from './plan-notes.ts';
import type { StackView } from './stack-state.ts';

/** The comment when no stack has changes. */
export function unchangedForm(views: readonly StackView[], facts: PullRequestFacts): string {
  const commit = commitLink(facts.repository, facts.headSha);
  const [only] = views;
  if (views.length !== 1 || only === undefined) {
    const names = listWithin(
      views.map(({ stack }) => stack.name),
      8_000,
    );
    const runs = `[All runs of this pull request](${href(facts.runsUrl)})`;
    const text = `All ${views.length} stacks match the configuration at ${commit}: ${names}. Nothing to apply. ${runs}`;
    return paragraphs(['### Zenfra · no changes', text, ...noteParagraphs(facts)]);
  }
  const { stack, run, plan } = only;
  const time = run === null || run.seconds === null ? '' : ` · ${duration(run.seconds)}`;
  const link = run === null ? '' : ` ${runLink(run, `Run #${run.number}`)}${time}`;
  const text = `${code(stack.name)} matches the configuration at ${commit}. Nothing to apply.${link}`;
  const found = run === null || plan === null ? '' : planNotes(plan, { run, stack, facts });
  return paragraphs(['### Zenfra · no changes', text, found, ...noteParagraphs(facts)]);
}
