import { duration } from './amounts.ts';
import { bold, cellCode, code, href } from './escape.ts';
import type { PullRequestFacts } from './facts.ts';
import type { Scene } from './fit-report.ts';
import { runLink } from './links.ts';
import { isPlanning, type StackState, type StackView, stateLabel } from './stack-state.ts';
import { type Column, fittingRows, table } from './table.ts';

const columns: Column[] = [
  { title: 'Stack' },
  { title: 'Plan' },
  { title: 'Add', align: 'right' },
  { title: 'Change', align: 'right' },
  { title: 'Destroy', align: 'right' },
  { title: 'Run' },
];

/** Characters of rows, so that even the shortest report fits whatever the stacks are called. */
const maxRowCharacters = 25_000;
const maxNameCharacters = 8_000;

const order: Record<StackState, number> = {
  ready: 0,
  waiting: 1,
  held: 1,
  applying: 2,
  queued: 3,
  planning: 3,
  apply_failed: 4,
  outcome_unknown: 4,
  plan_failed: 4,
  ended: 5,
  applied: 6,
  unchanged: 7,
};

/** The table of stacks that have something to tell, what needs a person first, then the unchanged ones by name. */
export function stackTable(views: readonly StackView[], { facts, rung }: Scene): string {
  const unchanged = views.length === 1 ? [] : views.filter(({ state }) => state === 'unchanged');
  const listed = views.filter((view) => !unchanged.includes(view)).sort((a, b) => order[a.state] - order[b.state]);
  const rows = listed.slice(0, rung.rows).map((view) => rowOf(view, facts));
  const shown = rung.rows === Number.POSITIVE_INFINITY ? rows : fittingRows(rows, maxRowCharacters);
  const left = listed.length - shown.length;
  const more = left > 0 ? `\n\nAnd ${left} more: [all runs of this pull request](${href(facts.runsUrl)})` : '';
  return [...(shown.length > 0 ? [table(columns, shown) + more] : []), ...unchangedList(unchanged)].join('\n\n');
}

function rowOf(view: StackView, facts: PullRequestFacts): string[] {
  const counts = view.plan?.counts;
  const figures =
    counts && view.state !== 'plan_failed' ? [counts.add, counts.change, counts.destroy].map(String) : ['–', '–', '–'];
  return [bold(view.stack.name, cellCode), stateLabel(view, facts), ...figures, runCell(view)];
}

function runCell(view: StackView): string {
  if (view.run === null) return '–';
  const time = view.run.seconds === null || isPlanning(view) ? '' : ` · ${duration(view.run.seconds)}`;
  return runLink(view.run) + time;
}

function unchangedList(views: readonly StackView[]): string[] {
  if (views.length === 0) return [];
  const names: string[] = [];
  let used = 0;
  for (const view of views) {
    const name = unchangedName(view);
    used += name.length + 3;
    if (used > maxNameCharacters && names.length > 0) break;
    names.push(name);
  }
  const left = views.length - names.length;
  const list = names.join(' · ') + (left > 0 ? ` · and ${left} more` : '');
  const title = views.length === 1 ? '1 stack without changes' : `${views.length} stacks without changes`;
  return [`<details><summary>${title}</summary>\n\n${list}\n\n</details>`];
}

/** A stack without changes is one name, unless the plan found something worth a look. */
function unchangedName({ stack, run, plan }: StackView): string {
  if (run === null || plan === null) return code(stack.name);
  if (plan.failedChecks.length > 0) return `${code(stack.name)} (${runLink(run, 'failed checks')})`;
  return plan.drift.length > 0 ? `${code(stack.name)} (${runLink(run, 'drift', '#drift')})` : code(stack.name);
}
