import { type Action, perform } from './action.ts';
import { advance } from './door.ts';
import { holdRows, liveRows, type Rules, rowOf } from './rules.ts';
import { nameOf, setTask } from './task.ts';
import { at, type World } from './world.ts';

/** What happens to machines: engines end, workers and engines are killed or stand still, and time passes. */
export function listHappenings(world: World, rules: Rules): Action[] {
  return [
    ...world.runs.flatMap((_, run) => [
      ...endEngine(world, run),
      ...killEngine(world, run),
      ...loseWorker(world, rules, run),
      ...passDeadline(world, rules, run),
    ]),
    ...world.workers.flatMap((_, worker) => [
      ...killWorker(world, worker),
      ...restartWorker(world, rules, worker),
      ...pauseWorker(world, worker),
      ...continueWorker(world, worker),
    ]),
  ];
}

/** It saves the state at its end, if its right to do so has not ended. */
function endEngine(world: World, index: number): Action[] {
  if (at(world.runs, index).engine !== 'alive') return [];
  return perform(world, { kind: 'work', name: `the engine of run ${index} ends` }, (next) => {
    const run = at(next.runs, index);
    run.engine = 'ended';
    if (run.credential) next.state += 1;
    return true;
  });
}

function killEngine(world: World, index: number): Action[] {
  if (at(world.runs, index).engine !== 'alive') return [];
  return perform(
    world,
    { kind: 'fault', name: `the engine of run ${index} is killed`, spends: 'engineKills' },
    (next) => {
      at(next.runs, index).engine = 'killed';
      return true;
    },
  );
}

/** Whoever has the run has not renewed its lease in time: it is dead, or stands still. */
function loseWorker(world: World, rules: Rules, index: number): Action[] {
  const run = at(world.runs, index);
  if (!run.leased || isInHand(world, index, ['up'])) return [];
  return perform(
    world,
    { kind: 'time', name: `the lease of run ${index} runs out and the sweep takes it away` },
    (next) => advance(next, rules, { run: index, event: { type: 'worker_lost', applyStarted: run.used !== null } }),
  );
}

function passDeadline(world: World, rules: Rules, index: number): Action[] {
  const run = at(world.runs, index);
  if (!run.deadline) return [];
  return perform(world, { kind: 'time', name: `the deadline of run ${index} passes` }, (next) => {
    if (rules.isOnTheClock(rowOf(run, index), liveRows(world), holdRows(world)))
      return advance(next, rules, { run: index, event: { type: 'deadline_passed' } });
    at(next.runs, index).deadline = false;
    return true;
  });
}

function isInHand(world: World, run: number, processes: string[]): boolean {
  const { generation } = at(world.runs, run);
  return world.workers.some(
    ({ process, task }) => processes.includes(process) && task?.run === run && task.generation === generation,
  );
}

/** Killed while idle it is missed by nobody. Its plan dies with it; an engine that applies is detached, and goes on. */
function killWorker(world: World, worker: number): Action[] {
  const { process, task } = at(world.workers, worker);
  if (process === 'dead' || task === null) return [];
  return perform(world, { kind: 'fault', name: `${nameOf(worker)} is killed`, spends: 'crashes' }, (next) => {
    at(next.workers, worker).process = 'dead';
    return setTask(next, worker, null);
  });
}

/** `queue/readopt`: it takes over an apply of this machine that no living process has. */
function restartWorker(world: World, rules: Rules, worker: number): Action[] {
  if (at(world.workers, worker).process !== 'dead') return [];
  const orphan = world.runs.findIndex(
    (run, index) =>
      run.status === 'applying' && run.leased && run.used !== null && !isInHand(world, index, ['up', 'paused']),
  );
  const name = `${nameOf(worker)} starts again${orphan < 0 ? '' : ` and takes over run ${orphan}`}`;
  return perform(world, { kind: 'time', name }, (next) => {
    at(next.workers, worker).process = 'up';
    if (orphan < 0) return true;
    const run = at(next.runs, orphan);
    const { generation } = run;
    if (!advance(next, rules, { run: orphan, event: { type: 'readopted' }, generation })) return false;
    const task = { run: orphan, generation: run.generation, step: 'following' as const, served: 0 };
    if (run.engine !== 'none') return setTask(next, worker, task);
    const event = { type: 'worker_lost' as const, applyStarted: true };
    return advance(next, rules, { run: orphan, event, generation: run.generation });
  });
}

function pauseWorker(world: World, worker: number): Action[] {
  const { process, task } = at(world.workers, worker);
  if (process !== 'up' || task === null) return [];
  return perform(world, { kind: 'fault', name: `${nameOf(worker)} stands still`, spends: 'pauses' }, (next) => {
    at(next.workers, worker).process = 'paused';
    return true;
  });
}

function continueWorker(world: World, worker: number): Action[] {
  if (at(world.workers, worker).process !== 'paused') return [];
  return perform(world, { kind: 'time', name: `${nameOf(worker)} goes on` }, (next) => {
    at(next.workers, worker).process = 'up';
    return true;
  });
}
