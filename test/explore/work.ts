import { type Action, perform } from './action.ts';
import { apply } from './applying.ts';
import { advance } from './door.ts';
import { plan } from './planning.ts';
import { isHeldBack, isItsTurn, type Rules } from './rules.ts';
import { nameOf, setTask } from './task.ts';
import { at, type World } from './world.ts';

/** What workers that are up do next: `queue/start` and the executions. */
export function listWork(world: World, rules: Rules): Action[] {
  const taker = world.workers.findIndex((worker) => worker.process === 'up' && worker.task === null);
  return [
    ...(taker < 0 ? [] : world.runs.flatMap((_, run) => claim(world, rules, { worker: taker, run }))),
    ...world.workers.flatMap(({ process, task }, worker) => {
      if (process !== 'up' || task === null) return [];
      const doing = { ...task, worker };
      return task.step === 'preparing' || task.step === 'planning'
        ? plan(world, rules, doing)
        : apply(world, rules, doing);
    }),
  ];
}

/** Wake-ups are hints, so workers look at every run at any time. Two idle workers are alike: only the first takes one. */
function claim(world: World, rules: Rules, { worker, run: index }: { worker: number; run: number }): Action[] {
  const run = at(world.runs, index);
  if (run.leased || (run.status !== 'queued' && run.status !== 'approved')) return [];
  if (run.status === 'queued' && !isItsTurn(world, rules, index)) return [];
  if (run.status === 'approved' && isHeldBack(world, rules, run)) return forgetDeadline(world, index);
  return perform(world, { kind: 'work', name: `${nameOf(worker)} takes run ${index}` }, (next) => {
    if (!advance(next, rules, { run: index, event: { type: 'claimed' } })) return false;
    const taken = at(next.runs, index);
    taken.credential = taken.adopted || taken.status === 'applying';
    const step = taken.status === 'applying' ? 'leading up' : 'preparing';
    return setTask(next, worker, { run: index, generation: taken.generation, step, served: 0 });
  });
}

/** The wait for others to release the stack has no end of its own. */
function forgetDeadline(world: World, index: number): Action[] {
  if (!at(world.runs, index).deadline) return [];
  const name = `a worker sees that others hold the stack, and leaves run ${index} waiting`;
  return perform(world, { kind: 'work', name }, (next) => {
    at(next.runs, index).deadline = false;
    return true;
  });
}
