import { statusLabels, typeLabels } from '../../src/run/status.ts';
import type { Action } from './action.ts';
import type { World } from './world.ts';

/** The steps of a trace, each with the runs that it changed, one to a line. */
export function describeTrace(trace: Action[]): string {
  return trace
    .map((action, index) => `${index + 1}. ${action.name}${changes(trace[index - 1]?.next, action.next)}`)
    .join('\n');
}

function changes(before: World | undefined, after: World): string {
  const changed = after.runs.flatMap((run, index) => {
    const old = before?.runs[index];
    if (run.status === (old?.status ?? 'queued') && (old || index === 0)) return [];
    const made = old || index === 0 ? '' : `, ${typeLabels[run.type]}`;
    return [`run ${index}${made}: ${statusLabels[run.status]}`];
  });
  return changed.length === 0 ? '' : ` → ${changed.join('; ')}`;
}
