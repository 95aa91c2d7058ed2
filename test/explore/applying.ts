import { type Action, perform } from './action.ts';
import { type advance, stillHas } from './door.ts';
import { readFacts } from './facts.ts';
import type { Rules } from './rules.ts';
import { type Doing, failed, nameOf, setTask, stop, write } from './task.ts';
import { at, type World } from './world.ts';

/** An execution from where its plan is in place: the last look, the engine, the end. */
export function apply(world: World, rules: Rules, doing: Doing): Action[] {
  if (doing.step === 'leading up') return [...lookAgain(world, rules, doing), ...stop(world, rules, doing)];
  if (doing.step === 'begun')
    return [...startEngine(world, doing), ...stop(world, rules, doing), ...letGo(world, rules, doing)];
  return [...follow(world, rules, doing), ...letGo(world, rules, doing)];
}

/** `queue/begin-apply`: everything is read again under the stack's lock; if all holds, the plan is used up. */
function lookAgain(world: World, rules: Rules, doing: Doing): Action[] {
  const run = at(world.runs, doing.run);
  const plan = rules.planToApply(world, run);
  if (plan === null) throw new Error(`Run ${doing.run} is about to apply, but it has no plan`);
  const refused = run.cancelRequested || rules.refuseApproval(readFacts(world, rules, { plan, run })) !== null;
  if (refused) {
    const says = `looks again at all that run ${doing.run} rests on, and does not apply`;
    return write(world, rules, doing, { says, events: [failed('refused')] });
  }
  const { worker, ...task } = doing;
  return write(world, rules, doing, {
    says: `looks again at all that run ${doing.run} rests on, and uses plan ${plan}`,
    events:
      run.status === 'planning' ? [{ type: 'plan_adopted' }, { type: 'apply_started' }] : [{ type: 'apply_started' }],
    also: (next) => {
      at(next.runs, doing.run).used = plan;
      if (run.adopted) next.holds.pull = true;
      setTask(next, worker, { ...task, step: 'begun' });
    },
  });
}

/**
 * The engine locks the state first, which takes a good credential. Nothing asks the database here whether the run is
 * still this worker's: it may have stood still since its last look.
 */
function startEngine(world: World, doing: Doing): Action[] {
  const { worker, ...task } = doing;
  const name = `${nameOf(worker)} starts the engine for run ${doing.run}`;
  return perform(world, { kind: 'work', name }, (next) => {
    const run = at(next.runs, doing.run);
    if (run.used === null) throw new Error(`Run ${doing.run} applies a plan that it has not used`);
    run.engine = run.credential ? 'alive' : 'ended';
    if (run.credential) at(next.plans, run.used).applied += 1;
    return setTask(next, worker, { ...task, step: 'following' });
  });
}

function follow(world: World, rules: Rules, doing: Doing): Action[] {
  const { engine, cancelRequested } = at(world.runs, doing.run);
  const ends = (how: string, event: Parameters<typeof advance>[2]['event']) =>
    write(world, rules, doing, { says: `records how the apply of run ${doing.run} ended: ${how}`, events: [event] });
  if (engine === 'killed') return ends('killed, nobody knows what it did', failed('exit', true));
  if (engine !== 'ended') return [];
  return [
    ...ends('well', { type: 'apply_finished' }),
    ...ends('badly', failed('exit')),
    ...(cancelRequested ? ends('interrupted', failed('canceled')) : []),
  ];
}

/** Its heartbeat tells it that the run is not its own any more. An engine that applies is left running. */
function letGo(world: World, rules: Rules, { worker, run, generation }: Doing): Action[] {
  if (stillHas(rules, at(world.runs, run), generation)) return [];
  return perform(world, { kind: 'work', name: `${nameOf(worker)} notices that run ${run} is not its own` }, (next) =>
    setTask(next, worker, null),
  );
}
