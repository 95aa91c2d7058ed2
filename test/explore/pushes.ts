import { type Action, perform } from './action.ts';
import { advance, createRun, wakeNext } from './door.ts';
import type { Rules } from './rules.ts';
import { branchCommit, hasEnded, newRun, pullCommit, type World } from './world.ts';

/** What happens on GitHub, and the webhooks that tell of it, as late as they like. */
export function listPushes(world: World, rules: Rules): Action[] {
  return [
    ...pushToPull(world),
    ...tellOfPull(world, rules),
    ...pushToBranch(world),
    ...tellOfBranch(world, rules),
    ...closePull(world, rules),
    ...changeFacts(world),
  ];
}

function pushToPull(world: World): Action[] {
  if (!world.pull.open) return [];
  const name = `somebody pushes ${pullCommit(world.pull.head + 1)} to the pull request`;
  return perform(world, { kind: 'person', name, spends: 'pullPushes' }, (next) => {
    next.pull.head += 1;
    return true;
  });
}

function tellOfPull(world: World, rules: Rules): Action[] {
  if (world.pull.told === world.pull.head || !world.pull.open) return [];
  const name = `the webhook of the push to the pull request comes: ${pullCommit(world.pull.head)} is to be planned`;
  return perform(world, { kind: 'person', name }, (next) => {
    next.pull.told = next.pull.head;
    const wish = newRun('plan_only', { commit: pullCommit(next.pull.head), pull: true });
    createRun(next, rules, { wish, supersedes: 'commit' });
    return true;
  });
}

function pushToBranch(world: World): Action[] {
  const name = `somebody pushes ${branchCommit(world.branch.head + 1)} to the tracked branch`;
  return perform(world, { kind: 'person', name, spends: 'branchPushes' }, (next) => {
    next.branch.head += 1;
    return true;
  });
}

function tellOfBranch(world: World, rules: Rules): Action[] {
  if (world.branch.told === world.branch.head) return [];
  const name = `the webhook of the push to the tracked branch comes: ${branchCommit(world.branch.head)} gets a run`;
  return perform(world, { kind: 'person', name }, (next) => {
    next.branch.told = next.branch.head;
    const wish = newRun('tracked', { commit: branchCommit(next.branch.head) });
    createRun(next, rules, { wish, supersedes: 'push' });
    return true;
  });
}

/** Its plans are of no use any more, and it holds nothing. */
function closePull(world: World, rules: Rules): Action[] {
  if (!world.pull.open) return [];
  return perform(world, { kind: 'person', name: 'the pull request is closed', spends: 'closes' }, (next) => {
    next.pull.open = false;
    next.pull.told = next.pull.head;
    for (const [index, run] of next.runs.entries()) {
      if (run.type !== 'plan_only' || hasEnded(run)) continue;
      advance(next, rules, { run: index, event: { type: 'cancel_requested', by: 'its end' } });
    }
    next.holds.pull = false;
    wakeNext(next);
    return true;
  });
}

/** What an approval rests on and is not the commit. */
function changeFacts(world: World): Action[] {
  return [
    ...perform(world, { kind: 'person', name: 'kim may not write any more', spends: 'revocations' }, (next) => {
      if (!next.permitted) return false;
      next.permitted = false;
      return true;
    }),
    ...perform(world, { kind: 'person', name: 'somebody else writes the state', spends: 'stateWrites' }, (next) => {
      next.state += 1;
      return true;
    }),
  ];
}
