import type { RunState, Transition } from '../../src/run/transition.ts';
import type { InvariantName } from './invariants.ts';
import { productRules, type Rules } from './rules.ts';
import type { World } from './world.ts';

/** A design that somebody could have chosen, and what it breaks. */
export interface Mutant {
  rules: Rules;
  breaks: InvariantName;
  bounds: Partial<World['left']>;
}

export const mutants: Record<string, Mutant> = {
  'no fencing: a worker’s writes count whatever happened to its lease': {
    rules: { ...productRules, holdsLease: () => true },
    breaks: 'what a worker writes under an old generation changes nothing',
    bounds: { approvals: 1, pauses: 1 },
  },
  'the pull request is approved, and not the plan': {
    rules: { ...productRules, planToApply: (world, run) => (run.adopted ? newestPlan(world) : run.plan) },
    breaks: 'exactly the approved plan is applied',
    bounds: { pullPushes: 1, approvals: 1 },
  },
  'the head is not looked at again': {
    rules: { ...productRules, refuseApproval: withoutHead },
    breaks: 'what an approval rests on holds when its plan is used',
    bounds: { pullPushes: 1, approvals: 1 },
  },
  'an apply is tried again when its worker is lost': {
    rules: { ...productRules, transition: tryAgain, usedBy: () => null },
    breaks: 'a plan is applied at most once',
    bounds: { approvals: 1, crashes: 1 },
  },
  'the stack is released when the lease runs out': {
    rules: { ...productRules, transition: release },
    breaks: 'no two applies overlap',
    bounds: { destroys: 1, approvals: 2, crashes: 1 },
  },
  'a deadline counts once it is set, whoever goes first meanwhile': {
    rules: { ...productRules, isOnTheClock: () => true },
    breaks: 'no deadline ends a run that waits for others',
    bounds: { branchPushes: 1, approvals: 1 },
  },
};

/** Of the pull request, whichever head it is of. */
function newestPlan({ plans, runs }: World): number {
  return plans.findLastIndex((_, index) => runs.some((run) => run.pull && run.plan === index));
}

/** Nobody takes a run away from a worker that is lost. */
export const withoutSweep: Rules = {
  ...productRules,
  transition: (run, event) =>
    event.type === 'worker_lost' ? { ok: false, why: 'Who has it keeps it.' } : productRules.transition(run, event),
};

function withoutHead(facts: Parameters<Rules['refuseApproval']>[0]): ReturnType<Rules['refuseApproval']> {
  const { plan, pullRequest } = facts;
  return productRules.refuseApproval({
    ...facts,
    pullRequest: pullRequest && { ...pullRequest, headSha: plan.commit },
  });
}

function tryAgain(run: RunState, event: Parameters<Rules['transition']>[1]): Transition {
  return productRules.transition(run, event.type === 'worker_lost' ? { ...event, applyStarted: false } : event);
}

/** Failed, and known to have: the next may go. */
function release(run: RunState, event: Parameters<Rules['transition']>[1]): Transition {
  const moved = productRules.transition(run, event);
  if (!moved.ok || event.type !== 'worker_lost') return moved;
  const { step } = moved;
  return { ok: true, step: { ...step, effects: step.effects.filter((effect) => effect !== 'hold_stack') } };
}
