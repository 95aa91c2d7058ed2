import { everyChange } from '../../../views/parts/change-filters.tsx';
import { ResourceProgress, stepsByRow } from '../../../views/parts/changes.tsx';
import type { LogView } from '../../../views/parts/log.tsx';
import { LogLines } from '../../../views/parts/log-lines.tsx';
import { statusTones } from '../../../views/parts/status.tsx';
import { RunMain, type RunMainProps, runTitle } from '../../../views/run.tsx';
import type { Permission } from '../../run/checks.ts';
import { type LoggedPhase, statusLabels } from '../../run/status.ts';
import { assetUrl } from '../assets.ts';
import type { GitHubLinks } from '../github-links.ts';
import { planFate } from '../plan-fate.ts';
import type { RunFacts } from '../run-facts.ts';
import { runProps } from '../run-props.ts';
import { stepsOf } from '../run-view.ts';
import type { NewLines } from './log-cursor.ts';

/** What a page swaps when the facts of its run have changed. */
export interface Swap {
  title: string;
  icon: string;
  /** Said to those who cannot see it. */
  status: string;
  /** The server's clock. */
  now: string;
  /** The content of the page without the lines of its logs. */
  html: string;
  /** Parts of the changes that are swapped by themselves, where `html` leaves the changes out. */
  rows: string[];
}

interface Shown {
  may: Permission;
  links: GitHubLinks;
  formToken: string;
  /** Of each log: how many lines it has, and which is the first that reports an error. */
  logs: Map<LoggedPhase, { total: number; firstError: number | null }>;
}

/** `before`: what the page shows now; null for the whole of it. */
export function renderSwap(facts: RunFacts, before: RunFacts | null, shown: Shown): Swap {
  const { may, links, formToken } = shown;
  const now = new Date();
  const frame: RunMainProps['frame'] = {
    viewer: { login: '', signedIn: false, formToken },
    signIn: false,
    asset: assetUrl,
    now,
  };
  const logs = new Map(
    [...shown.logs].map(([phase, log]): [LoggedPhase, LogView] => [phase, withoutLines(phase, log)]),
  );
  const props = runProps(facts, { may, frame, links, answer: null, logs, opened: null, filter: everyChange });
  const keepChanges = before !== null && hasSamePlan(before, facts);
  return {
    title: `${runTitle(props)} · Zenfra`,
    icon: assetUrl(`favicon-${statusTones[facts.run.status]}.svg`),
    status: `Run #${facts.run.number}: ${statusLabels[facts.run.status]}`,
    now: now.toISOString(),
    html: String(RunMain({ ...props, swap: { keepChanges } })),
    rows: keepChanges && before ? changedRows(facts, before) : [],
  };
}

function withoutLines(phase: LoggedPhase, log: { total: number; firstError: number | null }): LogView {
  return { ...log, phase, lines: [], first: 1, times: new Map() };
}

/** Lines as they stand in the page's log. */
export function renderLines({ phase, first, lines, times }: NewLines): string {
  return String(LogLines({ phase, log: { first, lines, times } }));
}

function hasSamePlan(one: RunFacts, other: RunFacts): boolean {
  const shownOf = ({ run, plan, pull }: RunFacts) =>
    JSON.stringify([plan?.id, plan && planFate(run, plan, pull), run.adopted_plan_id]);
  return shownOf(one) === shownOf(other);
}

function changedRows({ plan, run }: RunFacts, before: RunFacts): string[] {
  if (!plan) return [];
  const [now, then] = [stepsByRow(plan.summary, stepsOf(run)), stepsByRow(plan.summary, stepsOf(before.run))];
  return plan.summary.resources.flatMap((resource, place) => {
    const steps = now.get(resource.address) ?? [];
    const same = JSON.stringify(steps) === JSON.stringify(then.get(resource.address) ?? []);
    return same ? [] : [String(ResourceProgress({ resource, place, steps }))];
  });
}
