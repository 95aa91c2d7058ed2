import { runStatuses, runTypes } from '../../src/run/status.ts';
import { hasEnded, type ModelRun, type Worker, type World } from './world.ts';

/**
 * Two worlds with the same key are one state: what can happen in them is the same. What is told only for traces is left
 * out, and so is what matters no more of a run that has ended. Workers are alike, so that their order does not count.
 */
export function keyOf(world: World): string {
  const { pull, branch, holds, plans, left } = world;
  const [first = '', second = ''] = world.workers.map(keyOfWorker);
  const runs = world.runs.map((run, index) => keyOfRun(run, isInHand(world.workers, index))).join('');
  const facts = [pull.open, pull.head, pull.told, branch.head, branch.told, world.permitted, world.state];
  return (
    text([world.runs.length, plans.length, ...facts, holds.unknown, holds.pull, ...Object.values(left)]) +
    runs +
    plans.map((plan) => plan.commit + text([plan.state, plan.discarded, plan.applied])).join('') +
    (first < second ? first + second : second + first)
  );
}

function isInHand(workers: Worker[], run: number): boolean {
  return workers.some(({ task }) => task?.run === run);
}

const cancelAs = [null, 'canceled', 'discarded'];
const engines = ['none', 'alive', 'ended', 'killed'];

function keyOfRun(run: ModelRun, inHand: boolean): string {
  const ended = hasEnded(run);
  const fixed = [runTypes.indexOf(run.type), run.plan, run.adopts, run.used, run.approvedPlan];
  const process = [engines.indexOf(run.engine), run.credential, run.unresolved];
  const row = [run.attempt, run.leased, run.cancelRequested, cancelAs.indexOf(run.cancelAs), run.deadline];
  return (
    run.commit +
    text([runStatuses.indexOf(run.status), ...fixed, ...process, ...(ended ? [] : row)]) +
    text([ended && !inHand ? null : run.generation])
  );
}

const steps = ['preparing', 'planning', 'leading up', 'begun', 'following'];
const processes = ['up', 'paused', 'dead'];

function keyOfWorker({ process, task }: Worker): string {
  const what = task === null ? [] : [task.run, task.generation, steps.indexOf(task.step), task.served];
  return text([processes.indexOf(process), ...what]);
}

/** One character for each. */
function text(values: (number | boolean | null)[]): string {
  return String.fromCharCode(...values.map((value) => (value === null ? 0 : Number(value) + 1)));
}
