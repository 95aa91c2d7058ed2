import type { ProviderChange } from '../plan/lock-file.ts';
import type { DriftChange, OutputChange, PlannedAction, PlanSummary } from '../plan/summary.ts';
import type { Diagnostic } from '../run/failure.ts';
import { plural } from './amounts.ts';
import { code, href, prose } from './escape.ts';
import type { PullRequestFacts, RunFacts, StackFacts } from './facts.ts';
import { fileLink, placeInStack } from './links.ts';

/** More of a kind than this are counted, and the run's page has them all. */
const most = 20;
const mostWarnings = 10;

/** What a plan does or found besides changing resources: moves, actions, outputs, drift, failed checks, warnings. One line each. */
export function planNotes(
  plan: PlanSummary,
  about: { run: RunFacts; stack: StackFacts; facts: PullRequestFacts },
): string {
  const moves = plan.resources.flatMap(({ movedFrom, address }) =>
    movedFrom === undefined ? [] : [`${code(movedFrom)} → ${code(address)}`],
  );
  return [
    ...(moves.length > 0 ? [`**Moved** ${some(moves)}`] : []),
    ...(plan.actions?.length ? [`**Actions** ${some(plan.actions.map(actionText))}`] : []),
    ...(plan.outputs.length > 0 ? [`**Outputs** ${some(plan.outputs.map(outputText))}`] : []),
    ...providersLine(about.run.providers ?? []),
    ...driftLine(plan.drift, about.run),
    ...plan.failedChecks.slice(0, most).map((check) => {
      const problem = check.problems[0] ?? (check.status === 'error' ? 'could not be evaluated' : 'does not hold');
      return `❌ Check ${code(check.address)} failed: ${prose(problem)}`;
    }),
    ...warningLines(about),
  ].join('\n');
}

/** `Terraform` or `OpenTofu`, without its version. */
function engineName(run: RunFacts): string {
  return run.engine?.split(' ')[0] ?? 'the engine';
}

function actionText({ address, when, resource }: PlannedAction): string {
  const trigger = [prose(when), ...(resource === '' ? [] : [code(resource)])].join(' of ');
  return when === '' ? code(address) : `${code(address)} (${trigger})`;
}

function outputText({ name, action, after }: OutputChange): string {
  const sign = action === 'create' ? '+' : action === 'delete' ? '-' : '~';
  const later = action === 'update' && after.kind === 'unknown' ? ' (known after apply)' : '';
  return code(`${sign} ${name}`) + later;
}

/** What a merge would change besides the resources: the programs that manage them. */
function providersLine(changes: ProviderChange[]): string[] {
  const texts = changes.map(({ source, from, to }) => {
    const name = code(source.replace(/^registry\.(terraform\.io|opentofu\.org)\//, ''));
    if (from === null) return `${name} ${prose(to ?? '')} is new`;
    return to === null ? `${name} ${prose(from)} is gone` : `${name} ${prose(from)} → ${prose(to)}`;
  });
  return texts.length === 0 ? [] : [`**Providers** ${some(texts)}`];
}

function driftLine(drift: DriftChange[], run: RunFacts): string[] {
  if (drift.length === 0) return [];
  const names = drift.slice(0, most + 1).map(({ address, action, attributes }) => {
    const changed = [...new Set(attributes.map(({ path }) => path.split(/[.[]/)[0] || path))];
    return `${code(address)} (${action === 'delete' ? 'deleted' : prose(changed.slice(0, 5).join(', ') || 'changed')})`;
  });
  const left = drift.length > most ? ` · and ${drift.length - most} more` : '';
  const shown = names.slice(0, most).join(' · ');
  return [`**Changed outside ${prose(engineName(run))}** ${shown}${left} — [see drift](${href(run.url)}#drift)`];
}

/** What the engine warned of, one line each. */
export function warningLines({
  run,
  stack,
  facts,
}: {
  run: RunFacts;
  stack: StackFacts;
  facts: PullRequestFacts;
}): string[] {
  const { warnings } = run;
  const lines = warnings.slice(0, mostWarnings).map((warning) => warningText(warning, { stack, facts, run }));
  if (lines.length < 2) return lines.map((line) => `⚠️ 1 warning: ${line}`);
  const left = warnings.length - lines.length;
  return [
    `⚠️ ${plural(warnings.length, 'warning')}:`,
    ...lines.map((line) => `- ${line}`),
    ...(left > 0 ? [`- and ${left} more`] : []),
  ];
}

function warningText(
  { address, summary, file, line }: Diagnostic,
  { stack, facts, run }: { stack: StackFacts; facts: PullRequestFacts; run: RunFacts },
): string {
  const subject = address === undefined ? '' : `${code(address)} — `;
  if (file === undefined) return subject + prose(summary);
  const place = { file, line };
  const link = fileLink(facts.repository, run.commit, { place, shown: placeInStack(place, stack.path) });
  return `${subject}${prose(summary)} (${link})`;
}

function some(items: string[]): string {
  const left = items.length - most;
  return items.slice(0, most).join(' · ') + (left > 0 ? ` · and ${left} more` : '');
}
