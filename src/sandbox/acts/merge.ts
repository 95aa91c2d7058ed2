import { getCommit } from '../git/commits.ts';
import { commitTree, mergeTrees } from '../git/merge.ts';
import { moveRef, ZERO_SHA } from '../git/repository.ts';
import { notify } from '../payloads/notify.ts';
import { notifyPull } from '../payloads/pull-request.ts';
import { baseOf } from '../shapes/pull-request.ts';
import type { Account, PullRequest, Repository } from '../store.ts';
import { timestamp } from '../store.ts';
import type { World } from '../world.ts';
import { requireState } from './pulls.ts';
import { announcePush, gitPerson } from './push.ts';

interface MergeAct {
  pull: PullRequest;
  by: Account;
  squash?: boolean;
}

/**
 * Merges into the base as it is now, and tells of it twice, as GitHub does: the pull request was closed, and its base
 * was pushed to. Returns the commit's id.
 */
export async function mergePull(world: World, repository: Repository, act: MergeAct): Promise<string> {
  const { pull, by } = act;
  requireState(pull, 'open');
  if (pull.draft) throw new Error(`#${pull.number} is a draft: it cannot be merged`);
  const base = await baseOf(repository, pull);
  const sha = await makeMergeCommit(repository, { ...act, base });
  await moveRef(repository.git, `refs/heads/${pull.base.ref}`, { from: base, to: sha });
  const now = timestamp();
  Object.assign(pull, {
    state: 'closed',
    closedAt: now,
    mergedAt: now,
    updatedAt: now,
    mergedBy: by,
    mergeCommitSha: sha,
  });
  pull.base.sha = base;
  await notifyPull(world, repository, pull, { action: 'closed', sender: by });
  await announcePush(world, repository, { branch: pull.base.ref, before: base, after: sha, by });
  return sha;
}

/** Puts a pull request into the merge queue: its merge commit on a branch of the queue, whose checks are asked for. */
export async function queuePull(world: World, repository: Repository, act: MergeAct): Promise<string> {
  const { pull, by } = act;
  requireState(pull, 'open');
  const base = await baseOf(repository, pull);
  const sha = await makeMergeCommit(repository, { ...act, base });
  const branch = `gh-readonly-queue/${pull.base.ref}/pr-${pull.number}-${base}`;
  await moveRef(repository.git, `refs/heads/${branch}`, { to: sha });
  await announcePush(world, repository, { branch, before: ZERO_SHA, after: sha, by });
  const commit = await getCommit(repository.git, sha);
  const group = {
    head_sha: sha,
    head_ref: `refs/heads/${branch}`,
    base_sha: base,
    base_ref: `refs/heads/${pull.base.ref}`,
    head_commit: {
      ...{ id: sha, tree_id: commit.tree, message: commit.message, timestamp: commit.committer.date },
      author: { name: commit.author.name, email: commit.author.email },
      committer: { name: commit.committer.name, email: commit.committer.email },
    },
  };
  const payload = { action: 'checks_requested', merge_group: group };
  notify(world, repository, { event: 'merge_group', sender: by, payload });
  return sha;
}

async function makeMergeCommit(repository: Repository, act: MergeAct & { base: string }): Promise<string> {
  const { pull, by, base } = act;
  const tree = await mergeTrees(repository.git, base, pull.head.sha);
  if (!tree) throw new Error(`#${pull.number} is in conflict with ${pull.base.ref}: it cannot be merged`);
  const from = `${pull.head.repository.owner.login}/${pull.head.ref}`;
  return commitTree(repository.git, {
    tree,
    parents: act.squash ? [base] : [base, pull.head.sha],
    message: act.squash
      ? `${pull.title} (#${pull.number})\n`
      : `Merge pull request #${pull.number} from ${from}\n\n${pull.title}\n`,
    author: gitPerson(by),
  });
}
