import { isFinal, maxAttempts } from '../../../src/run/transition.ts';
import { resources } from '../entries.ts';
import type { History } from '../history.ts';

/** Every run has ended or waits for a person; what it says of itself fits together; an apply's log is whole. */
export function checkRuns(history: History): string[] {
  return history.runs.flatMap((run) => [
    ...checkEnd(history, run),
    ...checkEvents(history, run),
    ...checkLog(history, run),
  ]);
}

type Run = History['runs'][number];

function checkEnd({ phases }: History, run: Run): string[] {
  const broken: string[] = [];
  const waits = ['queued', 'unconfirmed', 'approved'].includes(run.status);
  if (!isFinal(run.status) && !waits) broken.push(`Run #${run.number} is ${run.status} for ever.`);
  if (run.lease_expires_at !== null) broken.push(`Run #${run.number} is ${run.status} and a worker’s.`);
  const open = phases.filter((phase) => phase.run_id === run.id && phase.ended_at === null);
  if (isFinal(run.status) && open.length > 0)
    broken.push(`Run #${run.number} is ${run.status}, and its ${open[0]?.phase} goes on.`);
  return broken;
}

function checkEvents({ events, applies }: History, run: Run): string[] {
  const own = events.filter((event) => event.run_id === run.id);
  const broken = own
    .slice(1)
    .flatMap((event, index) =>
      event.from_status === own[index]?.to_status
        ? []
        : [`Run #${run.number} went from ${own[index]?.to_status} on as if from ${event.from_status}.`],
    );
  const last = own.at(-1)?.to_status ?? 'queued';
  if (last !== run.status) broken.push(`Run #${run.number} is ${run.status}, and its last event led to ${last}.`);
  for (const claims of claimsBetweenApprovals(own))
    if (claims > maxAttempts) broken.push(`Run #${run.number} was begun ${claims} times.`);
  const began = own.filter(({ event }) => event === 'apply_started').length;
  const used = applies.some((apply) => apply.run_id === run.id) ? 1 : 0;
  if (began !== used) broken.push(`Run #${run.number} began ${began} applies, and used ${used} plans.`);
  return broken;
}

/** An apply that a worker takes over is not begun again, and a run that is approved begins anew. */
function claimsBetweenApprovals(own: History['events']): number[] {
  const counts = [0];
  for (const { event, from_status, to_status } of own) {
    if (event === 'claimed') counts.push((counts.pop() ?? 0) + 1);
    if (to_status === 'approved' && from_status !== 'applying') counts.push(0);
  }
  return counts;
}

/** However often it was taken over, each line is there once. */
function checkLog({ applies, logs, ledger }: History, run: Run): string[] {
  const apply = applies.find((one) => one.run_id === run.id && one.outcome === 'succeeded');
  if (!apply || !ledger.some(({ planId }) => planId === apply.plan_id)) return [];
  const log = logs.get(run.id) ?? '';
  return resources.flatMap((resource) => {
    const count = log.split(`(local-exec): at work on ${resource}`).length - 1;
    return count === 1 ? [] : [`The log of run #${run.number} tells ${count} times of the work on ${resource}.`];
  });
}
