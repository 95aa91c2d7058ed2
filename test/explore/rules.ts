import { refuseApproval } from '../../src/run/checks.ts';
import { holdsLease, leaseAfter } from '../../src/run/lease.ts';
import { isOnTheClock, othersHold, supersededByCommit, supersededByPush, turnOf } from '../../src/run/order.ts';
import { transition } from '../../src/run/transition.ts';
import { at, hasEnded, type ModelRun, type World } from './world.ts';

/** The product's rules, and two that its tables enforce. A mutant replaces one of them. */
export interface Rules {
  transition: typeof transition;
  leaseAfter: typeof leaseAfter;
  holdsLease: typeof holdsLease;
  turnOf: typeof turnOf;
  isOnTheClock: typeof isOnTheClock;
  supersededByPush: typeof supersededByPush;
  supersededByCommit: typeof supersededByCommit;
  othersHold: typeof othersHold;
  refuseApproval: typeof refuseApproval;
  /** `runs.adopted_plan_id`, or the run's own plan. */
  planToApply(world: World, run: ModelRun): number | null;
  /** `applies_a_plan_is_used_once`: the run that used the plan, for whoever is about to. */
  usedBy(world: World, plan: number, run: ModelRun): number | null;
}

export const productRules: Rules = {
  transition,
  leaseAfter,
  holdsLease,
  turnOf,
  isOnTheClock,
  supersededByPush,
  supersededByCommit,
  othersHold,
  refuseApproval,
  planToApply: (_, run) => run.adopts ?? run.plan,
  usedBy: (world, plan) => {
    const user = world.runs.findIndex((run) => run.used === plan);
    return user < 0 ? null : user;
  },
};

/** The rows that the rules of order look at. */
export function liveRows(world: World) {
  return world.runs.flatMap((run, index) => (hasEnded(run) ? [] : [rowOf(run, index)]));
}

export function rowOf({ type, status, adopted, pull }: ModelRun, index: number) {
  return { id: String(index), number: index, type, status, adopted, pullRequest: pull ? 1 : null };
}

/** As `listHolds` gives them. */
export function holdRows(world: World) {
  const { unknown, pull } = world.holds;
  return [
    ...(unknown ? [{ reason: 'outcome_unknown' as const, pull_request_number: null }] : []),
    ...(pull ? [{ reason: 'pull_request' as const, pull_request_number: 1 }] : []),
  ];
}

export function isItsTurn(world: World, rules: Rules, index: number): boolean {
  return rules.turnOf(rowOf(at(world.runs, index), index), liveRows(world)).now;
}

export function isHeldBack(world: World, rules: Rules, run: ModelRun): boolean {
  return rules.othersHold({ pull_request_number: run.pull ? 1 : null }, holdRows(world)) !== undefined;
}
