import type { RunEvent } from '../../src/run/event.ts';
import type { RunFailure } from '../../src/run/failure.ts';
import { type Action, perform } from './action.ts';
import { advance, stillHas } from './door.ts';
import type { Rules } from './rules.ts';
import { at, type Task, type World } from './world.ts';

/** A worker's task, and which worker it is. */
export type Doing = Task & { worker: number };

export function nameOf(worker: number): string {
  return `worker ${'AB'[worker]}`;
}

/** Always true: the last thing that most changes do. */
export function setTask(world: World, worker: number, task: Task | null): true {
  at(world.workers, worker).task = task;
  return true;
}

interface Write {
  /** What the worker says it did. */
  says: string;
  events: RunEvent[];
  /** What is written in the same transaction, and what the worker does then. Default: it is idle. */
  also?(next: World): void;
}

/** What a worker writes to its run, if it is its run still. If not, nothing is written and the worker lets it be. */
export function write(world: World, rules: Rules, doing: Doing, { says, events, also }: Write): Action[] {
  const { run, generation, worker } = doing;
  const lost = !stillHas(rules, at(world.runs, run), generation);
  const name = `${nameOf(worker)} ${says}${lost ? ': refused, the run is not its own any more' : ''}`;
  return perform(world, { kind: 'work', name, write: { run, generation } }, (next) => {
    setTask(next, worker, null);
    if (lost) return true;
    if (!events.every((event) => advance(next, rules, { run, event, generation }))) return false;
    also?.(next);
    return true;
  });
}

/** It was asked to stop, and has. */
export function stop(world: World, rules: Rules, doing: Doing): Action[] {
  const run = at(world.runs, doing.run);
  if (!run.cancelRequested) return [];
  return write(world, rules, doing, { says: `stops run ${doing.run}`, events: [failed('canceled')] });
}

export function failed(reason: RunFailure['reason'], outcomeUnknown = false): RunEvent {
  const failure: RunFailure = { phase: 'applying', reason, headline: '', detail: '', diagnostics: [], outcomeUnknown };
  return { type: 'phase_failed', failure };
}
