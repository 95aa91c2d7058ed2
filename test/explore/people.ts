import { type Action, perform } from './action.ts';
import { advance, createRun, wakeNext } from './door.ts';
import { readFacts } from './facts.ts';
import type { Rules } from './rules.ts';
import { at, branchCommit, hasEnded, newRun, pullCommit, type World } from './world.ts';

/** What people ask of us, in comments and on pages. */
export function listRequests(world: World, rules: Rules): Action[] {
  return [
    ...approvePull(world, rules),
    ...world.runs.flatMap((_, run) => [
      ...approveRun(world, rules, run),
      ...cancelRun(world, rules, run),
      ...discardRun(world, rules, run),
    ]),
    ...world.plans.flatMap((_, plan) => discardPlan(world, plan)),
    ...triggerDestroy(world, rules),
    ...unlock(world),
  ];
}

/** `/approve` on the pull request: the plan of its head is adopted, if all holds. */
function approvePull(world: World, rules: Rules): Action[] {
  const commit = pullCommit(world.pull.head);
  const planRun = world.runs.findLast((run) => run.type === 'plan_only' && run.commit === commit);
  const plan = planRun?.plan ?? null;
  if (world.left.approvals === 0 || plan === null) return [];
  const wish = newRun('tracked', { commit, pull: true, adopted: true, adopts: plan, approvedPlan: plan });
  const rival = world.runs.some((run) => !hasEnded(run) && (run.status === 'unconfirmed' || run.adopts === plan));
  if (rival || rules.refuseApproval(readFacts(world, rules, { plan, run: wish })) !== null) return [];
  const name = `kim approves plan ${plan} on the pull request`;
  return perform(world, { kind: 'person', name, spends: 'approvals' }, (next) => {
    createRun(next, rules, { wish, supersedes: null });
    return true;
  });
}

/** A run of the tracked branch, on its page. */
function approveRun(world: World, rules: Rules, run: number): Action[] {
  if (!world.permitted || at(world.runs, run).status !== 'unconfirmed') return [];
  return perform(world, { kind: 'person', name: `kim approves run ${run}`, spends: 'approvals' }, (next) => {
    const row = at(next.runs, run);
    row.approvedPlan = row.plan;
    return advance(next, rules, { run, event: { type: 'approved', by: 'kim' } });
  });
}

function cancelRun(world: World, rules: Rules, run: number): Action[] {
  return perform(world, { kind: 'person', name: `kim cancels run ${run}`, spends: 'cancels' }, (next) =>
    advance(next, rules, { run, event: { type: 'cancel_requested', by: '@kim' } }),
  );
}

function discardRun(world: World, rules: Rules, run: number): Action[] {
  return perform(world, { kind: 'person', name: `kim discards run ${run}`, spends: 'discards' }, (next) =>
    advance(next, rules, { run, event: { type: 'discarded', by: '@kim' } }),
  );
}

function discardPlan(world: World, plan: number): Action[] {
  if (at(world.plans, plan).discarded) return [];
  return perform(world, { kind: 'person', name: `kim discards plan ${plan}`, spends: 'discards' }, (next) => {
    at(next.plans, plan).discarded = true;
    return true;
  });
}

function triggerDestroy(world: World, rules: Rules): Action[] {
  return perform(world, { kind: 'person', name: 'kim asks for a destruction', spends: 'destroys' }, (next) => {
    createRun(next, rules, { wish: newRun('destroy', { commit: branchCommit(next.branch.head) }), supersedes: null });
    return true;
  });
}

/**
 * Somebody who may says that it is safe to go on; after an unknown outcome an admin who has looked, so that no engine
 * of it lives any more. With the hold the run's right to the state ends. People come in the end, as time does.
 */
function unlock(world: World): Action[] {
  if (!world.holds.unknown && !world.holds.pull) return [];
  if (world.runs.some((run) => run.unresolved && run.engine === 'alive')) return [];
  return perform(world, { kind: 'time', name: 'somebody looks at the stack that is held, and releases it' }, (next) => {
    next.holds = { unknown: false, pull: false };
    for (const run of next.runs) {
      if (!run.unresolved) continue;
      run.unresolved = false;
      run.credential = false;
    }
    wakeNext(next);
    return true;
  });
}
