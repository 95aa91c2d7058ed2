import { findActedHead, setActedHead } from '../db/branch-heads.ts';
import { oneAtATime } from '../db/one-at-a-time.ts';
import type { Repository } from '../db/repositories.ts';
import { type Run, stacksRunByPush } from '../db/runs.ts';
import type { Stack } from '../db/stacks.ts';
import { listStacks } from '../db/stacks.ts';
import { type BranchHead, findBranchHead, listPathsBetween } from '../github/contents.ts';
import { refOf } from '../github/github.ts';
import { changedDefinitions, touchedStacks } from '../stack/affected.ts';
import { createInOrder } from './create-in-order.ts';
import { createRun } from './create-runs.ts';
import type { TriggerDeps } from './deps.ts';
import { inheritedDependencies } from './inherited-dependencies.ts';
import { changeOf, type Merged, readMerged } from './merged-by-push.ts';
import { configFile } from './read-config-at.ts';
import { definitionOf, isMerged } from './stack-row.ts';
import { syncStacks } from './sync-stacks.ts';

export interface Push {
  branch: string;
  before: string;
  after: string;
  /** A login. */
  pusher: string;
  /** When its webhook came, by the database's clock; null where the sweep has found the push. */
  receivedAt: Date | null;
}

const noCommit = /^0+$/;

/**
 * A push to a tracked branch makes a tracked run for each stack that was touched since the branch was last acted on, at
 * its head as it is now. So a push whose webhook is missing is made up for by the next one, and a webhook that comes
 * late or again finds nothing left to do. A merge is a push too: its pull request is read again, so that its holds are
 * gone whichever webhook comes first. One push of a branch at a time, so that the newest head is acted on last.
 */
export async function runPush(
  deps: TriggerDeps,
  repository: Repository,
  push: Push,
): Promise<{ runs: Run[]; outcome: string }> {
  return oneAtATime(deps.db, `push:${repository.id}:${push.branch}`, () => runOne(deps, repository, push));
}

async function runOne(
  deps: TriggerDeps,
  repository: Repository,
  push: Push,
): Promise<{ runs: Run[]; outcome: string }> {
  const head = await findBranchHead(deps.github, refOf(repository), push.branch);
  if (!head) return { runs: [], outcome: `branch ${push.branch} is gone` };
  const before = (await listStacks(deps.db, repository.id)).filter(isMerged);
  const { stacks } = await syncStacks(deps, repository);
  const tracked = stacks.filter((stack) => stack.branch === push.branch && isMerged(stack));
  const acted = await findActed(deps, repository, push);
  const done =
    tracked.length === 0
      ? { runs: [], outcome: `no stack tracks ${push.branch}` }
      : await runTracked(deps, repository, { push, head, tracked, before, acted });
  if (tracked.length > 0 || push.branch === repository.default_branch)
    await setActedHead(deps.db, { repositoryId: repository.id, branch: push.branch, sha: head.sha });
  return done;
}

/** To a webhook a head that was only noticed does not count as acted on: it may be the very one that it tells of. */
async function findActed(deps: TriggerDeps, repository: Repository, { branch, receivedAt }: Push) {
  const found = await findActedHead(deps.db, repository.id, branch);
  return found?.noticed && receivedAt !== null ? undefined : found;
}

async function runTracked(
  deps: TriggerDeps,
  repository: Repository,
  pushed: Pushed,
): Promise<{ runs: Run[]; outcome: string }> {
  const { push, head, tracked, acted } = pushed;
  const from = acted?.sha ?? push.before;
  // Of a newer push than this webhook's, the commit alone can say whose it is.
  const pusher = push.after === head.sha ? push.pusher : (head.author ?? push.pusher);
  const [changed, merged] = await Promise.all([
    touchedBy(deps, repository, { ...pushed, from }),
    readMerged(deps, repository, { branch: push.branch, from, head, pusher }),
  ]);
  const touched = [...changed, ...takenBack(tracked, { changed, merged })];
  const at = { repositoryId: repository.id, commit: head.sha };
  const done = await stacksRunByPush(deps.db, { ...at, since: acted?.acted_at ?? sinceWhen(pushed) });
  const all = tracked.map(definitionOf);
  const missing = touched.filter((one) => !done.has(one.stack.id));
  const anew = new Set(missing.map(({ stack }) => stack.id));
  const made = await inheritedDependencies(deps.db, { repositoryId: repository.id, tracked, anew });
  for (const { id, name } of tracked) {
    const run = done.get(id);
    if (run) made.set(name, run);
  }
  const wanted = missing.map((one) => ({ ...one, definition: definitionOf(one.stack) }));
  const runs = await createInOrder(wanted, { all, made }, ({ because, ...one }, after) =>
    createRun(deps.db, {
      ...one,
      after,
      type: 'tracked',
      trigger: 'push',
      reason: `push touched ${because}`,
      branch: push.branch,
      commit: head,
      ...changeOf(one.stack.name, merged, { pusher }),
    }),
  );
  return {
    runs,
    outcome: runs.length === 0 ? 'no stacks affected' : `runs ${runs.map((run) => `#${run.number}`).join(', ')}`,
  };
}

/** What a pull request applied, and took back before its merge, still exists, and no path of the push shows it. */
function takenBack(
  tracked: Stack[],
  { changed, merged }: { changed: { stack: Stack }[]; merged: Merged[] },
): { stack: Stack; because: string }[] {
  return tracked
    .filter((stack) => merged.some((pull) => pull.takenBack.has(stack.name)))
    .filter((stack) => !changed.some((one) => one.stack.id === stack.id))
    .map((stack) => ({ stack, because: 'what its pull request had applied before' }));
}

/**
 * Since when runs at the head count as made, on a branch that is new to us: since this push's webhook came, or at any
 * time where the head is a newer push's.
 */
function sinceWhen({ push, head }: Pushed): Date | null {
  return push.after === head.sha ? push.receivedAt : null;
}

interface Pushed {
  push: Push;
  head: BranchHead;
  tracked: Stack[];
  /** The stacks as they were before this push was read, without what it merges. */
  before: Stack[];
  /** Up to where the branch was acted on; undefined where it is new to us. */
  acted: { sha: string; acted_at: Date } | undefined;
}

async function touchedBy(
  deps: TriggerDeps,
  repository: Repository,
  { head, tracked, before, from }: Pushed & { from: string },
): Promise<{ stack: Stack; because: string }[]> {
  if (from === head.sha) return [];
  const paths = noCommit.test(from)
    ? null
    : await listPathsBetween(deps.github, refOf(repository), { before: from, after: head.sha });
  const definitions = tracked.map(definitionOf);
  const touched = new Map(touchedStacks(definitions, paths).map(({ name, because }) => [name, because]));
  // Not where the file is read for the first time: then every stack is new to us, and none to the repository.
  const redefined = paths?.includes(configFile) ? changedDefinitions(before.map(definitionOf), definitions) : [];
  for (const name of redefined) if (!touched.has(name)) touched.set(name, configFile);
  return tracked.flatMap((stack) => {
    const because = touched.get(stack.name);
    return because === undefined ? [] : [{ stack, because }];
  });
}
