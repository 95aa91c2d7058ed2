import { maxAttempts } from '../../src/run/transition.ts';
import type { Action } from './action.ts';
import { at, hasEnded, type ModelRun, pullCommit, type World } from './world.ts';

/** What must hold of every step. Undefined if it does, else what is wrong, in a few words. */
type Invariant = (before: World, action: Action) => string | undefined;

export const invariants = {
  'exactly the approved plan is applied': (before, { next }) =>
    whereEngineStarts(before, next, (run) =>
      run.used === run.approvedPlan
        ? undefined
        : `plan ${run.used} is applied, and plan ${run.approvedPlan} was approved`,
    ),
  'what an approval rests on holds when its plan is used': (before, { next }) =>
    whereApplyBegins(before, next, (run, index) => whatMoved(before, run) && `run ${index}: ${whatMoved(before, run)}`),
  'a plan is applied at most once': (_, { next }) => {
    const twice = next.plans.findIndex((plan) => plan.applied > 1);
    return twice < 0 ? undefined : `plan ${twice} was applied ${at(next.plans, twice).applied} times`;
  },
  'no two applies overlap': (_, { next }) => {
    const alive = indexesOf(next, (run) => run.engine === 'alive');
    return alive.length > 1 ? `the engines of runs ${alive.join(' and ')} are alive` : undefined;
  },
  'no apply begins while an earlier one may be alive': (before, { next }) =>
    whereApplyBegins(before, next, (_, index) => {
      const [earlier] = indexesOf(before, (run, other) => other !== index && mayLive(before, run, other));
      return earlier === undefined ? undefined : `run ${index} begins, and the engine of run ${earlier} may be alive`;
    }),
  'a run that ended stays as it ended': (before, { next }) => {
    const [moved] = indexesOf(before, (run, index) => hasEnded(run) && run.status !== at(next.runs, index).status);
    return moved === undefined ? undefined : `run ${moved} was ${at(before.runs, moved).status}`;
  },
  'what was ended before its apply never applies': (before, { next }) =>
    whereEngineStarts(before, next, (run, index) =>
      ['finished', 'discarded', 'canceled'].includes(run.status) ? `run ${index} is ${run.status}` : undefined,
    ),
  'a plan-only run never applies': (before, { next }) =>
    whereEngineStarts(before, next, (run, index) =>
      run.type === 'plan_only' ? `run ${index} is plan-only` : undefined,
    ),
  'an apply that may be alive is either under way or stated as unknown': (_, { next }) => {
    const [run] = indexesOf(next, (one) => one.engine === 'alive' && hasEnded(one) && !one.unresolved);
    return run === undefined ? undefined : `run ${run} is ${at(next.runs, run).status}, and its engine is alive`;
  },
  'an unknown outcome holds the stack': (_, { next }) => {
    const [run] = indexesOf(next, (one) => one.unresolved);
    return run === undefined || next.holds.unknown
      ? undefined
      : `nobody has looked at run ${run}, and the stack is free`;
  },
  'what a worker writes under an old generation changes nothing': (before, { write, next }) => {
    if (!write) return undefined;
    const run = at(before.runs, write.run);
    if (run.leased && run.generation === write.generation) return undefined;
    if (JSON.stringify([before.runs, before.plans]) === JSON.stringify([next.runs, next.plans])) return undefined;
    return `run ${write.run} is of generation ${run.generation}, and a write of generation ${write.generation} changed it`;
  },
  'one run at a time is active on a stack': (_, { next }) => {
    const active = indexesOf(next, (run) => run.type !== 'plan_only' && run.status !== 'queued' && !hasEnded(run));
    return active.length > 1 ? `runs ${active.join(' and ')} are` : undefined;
  },
  'a run is taken three times at most before its apply': (_, { next }) => {
    const [run] = indexesOf(next, (one) => one.used === null && one.attempt > maxAttempts);
    return run === undefined ? undefined : `run ${run} was taken ${at(next.runs, run).attempt} times`;
  },
  'no deadline ends a run that waits for others': (before, { next }) => {
    const [late] = indexesOf(
      next,
      (run, index) => run.failure?.reason === 'timed_out' && waitsForOthers(before, index),
    );
    return late === undefined ? undefined : `run ${late} waited for its turn`;
  },
} satisfies Record<string, Invariant>;

export type InvariantName = keyof typeof invariants;
export const invariantNames = Object.keys(invariants) as InvariantName[];

type Look = (run: ModelRun, index: number) => string | undefined;

function indexesOf(world: World, test: (run: ModelRun, index: number) => boolean): number[] {
  const found: number[] = [];
  for (const [index, run] of world.runs.entries()) if (test(run, index)) found.push(index);
  return found;
}

function whereApplyBegins(before: World, next: World, look: Look): string | undefined {
  const [index] = indexesOf(next, (run, at) => run.used !== null && before.runs[at]?.used === null);
  return index === undefined ? undefined : look(at(next.runs, index), index);
}

function whereEngineStarts(before: World, next: World, look: Look): string | undefined {
  const [index] = indexesOf(next, (run, at) => run.engine === 'alive' && before.runs[at]?.engine !== 'alive');
  return index === undefined ? undefined : look(at(next.runs, index), index);
}

function whatMoved({ plans, pull, state, permitted }: World, run: ModelRun): string | undefined {
  const plan = at(plans, run.used ?? -1);
  if (run.adopted && plan.commit !== pullCommit(pull.head))
    return `the head is ${pullCommit(pull.head)}, and the plan is of ${plan.commit}`;
  if (run.adopted && !pull.open) return 'the pull request is closed';
  if (plan.state !== state) return `the state is ${state}, and the plan was made from ${plan.state}`;
  if (!permitted) return 'who approved it may not any more';
  return plan.discarded ? 'the plan was discarded' : undefined;
}

/** It lives, or a worker that has not noticed anything is about to start it. */
function mayLive(world: World, run: ModelRun, index: number): boolean {
  if (run.engine === 'alive') return true;
  return run.credential && world.workers.some(({ task }) => task?.step === 'begun' && task.run === index);
}

/** Another run is active on the stack, or somebody else holds it. */
function waitsForOthers(before: World, index: number): boolean {
  const run = before.runs[index];
  if (run?.status === 'approved') return before.holds.unknown || (before.holds.pull && !run.pull);
  if (run?.status !== 'queued' || run.type === 'plan_only') return false;
  return before.runs.some((other) => other.type !== 'plan_only' && other.status !== 'queued' && !hasEnded(other));
}
