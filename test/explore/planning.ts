import type { RunEvent } from '../../src/run/event.ts';
import type { Action } from './action.ts';
import type { Rules } from './rules.ts';
import { type Doing, failed, setTask, stop, write } from './task.ts';
import { at, type World } from './world.ts';

/** An execution up to its plan; for an adopted run, up to where the plan is restored. */
export function plan(world: World, rules: Rules, doing: Doing): Action[] {
  const forward = doing.step === 'preparing' ? enterPlanning : endPlanning;
  return [...forward(world, rules, doing), ...stop(world, rules, doing)];
}

/** Initializing and planning at once: between the two nothing depends on which it is. */
function enterPlanning(world: World, rules: Rules, doing: Doing): Action[] {
  const { adopted } = at(world.runs, doing.run);
  const { worker, ...task } = doing;
  return write(world, rules, doing, {
    says: adopted ? `restores the plan of run ${doing.run}` : `plans run ${doing.run}, from state ${world.state}`,
    events: [{ type: 'initializing_started' }, { type: 'planning_started' }],
    also: (next) => setTask(next, worker, { ...task, step: adopted ? 'leading up' : 'planning', served: next.state }),
  });
}

function endPlanning(world: World, rules: Rules, doing: Doing): Action[] {
  const { run: index } = doing;
  const finished = (hasChanges: boolean): RunEvent[] => [{ type: 'plan_finished', hasChanges, autoApply: false }];
  return [
    ...write(world, rules, doing, {
      says: `has plan ${world.plans.length} for run ${index}`,
      events: finished(true),
      also: (next) => {
        const run = at(next.runs, index);
        run.plan = next.plans.push({ commit: run.commit, state: doing.served, discarded: false, applied: 0 }) - 1;
      },
    }),
    ...write(world, rules, doing, { says: `finds nothing to change in run ${index}`, events: finished(false) }),
    ...write(world, rules, doing, { says: `cannot plan run ${index}`, events: [failed('exit')] }),
  ];
}
