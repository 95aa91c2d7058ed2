import { listPushers } from '../db/commit-pushers.ts';
import { findPullRequest } from '../db/pull-requests.ts';
import type { Repository } from '../db/repositories.ts';
import { type BranchHead, listCommitsBetween } from '../github/contents.ts';
import { refOf } from '../github/github.ts';
import { listMergedPullRequests, listPullRequestsOfCommit } from '../github/pull-requests.ts';
import { appliedBefore } from './applied-before.ts';
import type { TriggerDeps } from './deps.ts';
import { planPullRequest } from './pull-request.ts';

/** What a branch was brought, from the head it was acted on up to its head now. */
export interface Brought {
  branch: string;
  from: string;
  head: BranchHead;
  /** Who moved the branch to its head. */
  pusher: string;
}

/** A pull request that was merged, the oldest merge first. */
export interface Merged {
  number: number;
  author: string;
  /** Who pushed its head. */
  pushers: string[];
  /** Names of the stacks that it touched when it was last looked at. */
  affected: ReadonlySet<string>;
  /** Those of them that its head did not touch any more, but an apply of its own had. */
  takenBack: ReadonlySet<string>;
}

/**
 * The pull requests whose merges brought a branch to its head: several where one push merges a queue's group, where a
 * webhook came late or is missing. Each is read again, so that its holds are gone.
 */
export async function readMerged(deps: TriggerDeps, repository: Repository, brought: Brought): Promise<Merged[]> {
  const merged: Merged[] = [];
  for (const number of await listMergedNumbers(deps, repository, brought)) {
    await planPullRequest(deps, repository, { number, trigger: 'pull_request', triggeredBy: brought.pusher });
    const row = await findPullRequest(deps.db, repository.id, number);
    if (!row) continue;
    merged.push({
      number,
      author: row.author,
      pushers: await listPushers(deps.db, { repositoryId: repository.id, commit: row.head_sha }),
      affected: new Set(row.affected.map(({ name }) => name)),
      takenBack: new Set(row.affected.flatMap(({ name, because }) => (because === appliedBefore ? [name] : []))),
    });
  }
  return merged;
}

async function listMergedNumbers(deps: TriggerDeps, repository: Repository, brought: Brought): Promise<number[]> {
  const { branch, from, head } = brought;
  // What brought it here was read when it was acted on.
  if (head.sha === from) return [];
  const at = refOf(repository);
  if (head.firstParent !== from) {
    const commits = await listCommitsBetween(deps.github, at, { before: from, after: head.sha });
    if (commits) return listMergedPullRequests(deps.github, at, { base: branch, commits: new Set(commits) });
  }
  const pulls = await listPullRequestsOfCommit(deps.github, at, head.sha);
  return pulls.flatMap((pull) => (pull.merged && pull.base === branch ? [pull.number] : [])).slice(0, 1);
}

/** Whose change a stack's run is: the pull request that it belongs to, and who may not approve it alone. */
export function changeOf(stack: string, merged: readonly Merged[], { pusher }: Pick<Brought, 'pusher'>) {
  const newest = merged.at(-1);
  const touching = merged.length === 1 ? merged : merged.filter(({ affected }) => affected.has(stack));
  const its = touching.at(-1);
  // Where none is known to touch it, it may be any of them.
  const whose = touching.length > 0 ? touching : merged;
  return {
    pullRequest: its?.number ?? null,
    triggeredBy: its && its !== newest ? its.author : pusher,
    authors: [...new Set(whose.flatMap(({ author, pushers }) => [author, ...pushers]))],
  };
}
