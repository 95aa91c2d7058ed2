import { changesPhrase, planPhrase } from './amounts.ts';
import { isDestroyed, renderDiff } from './diff.ts';
import { html, htmlCode } from './escape.ts';
import { failureFence, failureWords } from './failure-text.ts';
import type { Scene } from './fit-report.ts';
import { planNotes } from './plan-notes.ts';
import { hasFailed, type StackView } from './stack-state.ts';

/** One folded part per stack that has something to show: failed ones first, then those that destroy. */
export function stackDetails(views: readonly StackView[], scene: Scene): string[] {
  if (scene.rung.diff === null) return [];
  const failed = views.filter((view) => view.run?.failure && hasFailed(view));
  const others = views.filter((view) => !failed.includes(view) && (view.plan?.hasChanges || views.length === 1));
  const destroying = others.filter(destroys);
  const rest = others.filter((view) => !destroys(view));
  return [
    ...failed.map((view) => failedPart(view, scene)),
    ...[...destroying, ...rest].flatMap((view) => plannedPart(view, { ...scene, alone: views.length === 1 })),
  ];
}

/** A stack's plan: the diff in its fence and what else there is to say. Empty for a plan with nothing to list. */
export function planBody(view: StackView, { facts, rung }: Scene): string {
  if (view.plan === null || rung.diff === null) return '';
  const diff = renderDiff(view.plan, rung.diff);
  const notes = view.run === null ? '' : planNotes(view.plan, { run: view.run, stack: view.stack, facts });
  return [diff, notes].filter((part) => part !== '').join('\n\n');
}

/** A folded part: Markdown between the tags needs an empty line before it, and a fence none after it. */
export function folded(summary: string, body: string, { open }: { open: boolean }): string {
  const end = /`{3,}$/.test(body) ? '\n' : '\n\n';
  return `<details${open ? ' open' : ''}><summary>${summary}</summary>\n\n${body}${end}</details>`;
}

function destroys({ plan }: StackView): boolean {
  return plan?.resources.some(isDestroyed) ?? false;
}

function failedPart(view: StackView, { rung }: Scene): string {
  const failure = view.run?.failure;
  if (!failure) return '';
  const summary = `<b>${html(view.stack.name)}</b> · ${failureWords(failure).toLowerCase()}`;
  return folded(summary, failureFence(failure, rung.errorLength), { open: true });
}

function plannedPart(view: StackView, { alone, ...scene }: Scene & { alone: boolean }): string[] {
  const body = planBody(view, scene);
  if (body === '' || view.plan === null) return [];
  const name = `<b>${html(view.stack.name)}</b>`;
  const path = view.stack.path === '.' ? '' : ` · ${htmlCode(view.stack.path)}`;
  const summary = alone ? `${name}${path} · ${changesPhrase(view.plan)}` : `${name} · ${planPhrase(view.plan)}`;
  return [folded(summary, body, { open: alone || destroys(view) })];
}
