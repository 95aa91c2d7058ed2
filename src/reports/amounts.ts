import type { ChangeCounts, PlanSummary } from '../plan/summary.ts';

/** `1 resource`, `2 resources`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `47s`, `1m 04s`, `2h 00m`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`;
}

/** `00:12`, as a run's phases show it. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${two(Math.floor(whole / 60))}:${two(whole % 60)}`;
}

/** `1 to add, 2 to change, 1 to destroy`; what is nought is left out. Plans that only import, move or set outputs say that. */
export function planPhrase(plan: PlanSummary): string {
  const { add, change, destroy, ...others } = plan.counts;
  const main = joined([
    [add, `${add} to add`],
    [change, `${change} to change`],
    [destroy, `${destroy} to destroy`],
  ]);
  return main || sidePhrase(others, plan.outputs.length) || 'changes to the state only';
}

/** `4 changes, 1 import, 1 move`. */
export function changesPhrase(plan: PlanSummary): string {
  const { add, change, destroy, ...others } = plan.counts;
  const changes = add + change + destroy;
  const sides = sidePhrase(others, changes > 0 ? 0 : plan.outputs.length);
  return (
    [...(changes > 0 ? [plural(changes, 'change')] : []), ...(sides ? [sides] : [])].join(', ') || planPhrase(plan)
  );
}

/** `+2 ~1 -1`, as check titles have it. */
export function signedCounts(plan: PlanSummary): string {
  const { add, change, destroy } = plan.counts;
  return add + change + destroy > 0 ? `+${add} ~${change} -${destroy}` : planPhrase(plan);
}

function sidePhrase(counts: Omit<ChangeCounts, 'add' | 'change' | 'destroy'>, outputs: number): string {
  return joined([
    [counts.import, plural(counts.import, 'import')],
    [counts.move, plural(counts.move, 'move')],
    [counts.forget, `${counts.forget} to forget`],
    [outputs, plural(outputs, 'output change')],
  ]);
}

/** The parts that are not nought. */
export function joined(parts: readonly (readonly [number, string])[]): string {
  return parts.flatMap(([count, text]) => (count > 0 ? [text] : [])).join(', ');
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
