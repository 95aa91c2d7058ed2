import type { History } from '../history.ts';

/** An unknown outcome is said and held, and nothing is applied as long as a stack is held from it. */
export function checkHolds(history: History): string[] {
  return [
    ...history.runs.flatMap((run) => checkUnknown(history, run)),
    ...history.holds.flatMap((hold) => checkHeld(history, hold)),
  ];
}

function checkUnknown({ applies, holds }: History, run: History['runs'][number]): string[] {
  const apply = applies.find((one) => one.run_id === run.id);
  const said = run.failure?.outcomeUnknown === true;
  if (!said && apply?.outcome !== 'unknown') return [];
  const broken: string[] = [];
  if (!said) broken.push(`Run #${run.number} does not say that its outcome is unknown.`);
  if (apply?.outcome !== 'unknown')
    broken.push(`Run #${run.number} says that its outcome is unknown, its apply says ${apply?.outcome}.`);
  if (!holds.some((hold) => hold.run_id === run.id && hold.reason === 'outcome_unknown'))
    broken.push(`The stack of run #${run.number}, whose outcome is unknown, was not held.`);
  return broken;
}

/** A pull request's own applies go on under its hold. */
function checkHeld({ runs, applies }: History, hold: History['holds'][number]): string[] {
  const until = hold.released_at ?? new Date(8.64e15);
  return runs.flatMap((run) => {
    const own = hold.reason === 'pull_request' && run.pull_request_number === hold.pull_request_number;
    const started = applies.find((one) => one.run_id === run.id)?.started_at;
    if (run.stack_id !== hold.stack_id || run.id === hold.run_id || own || !started) return [];
    return hold.created_at < started && started < until
      ? [`Run #${run.number} applied while its stack was held (${hold.reason}): ${hold.note}`]
      : [];
  });
}
