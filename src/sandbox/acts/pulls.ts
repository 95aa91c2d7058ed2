import { listCommits } from '../git/commits.ts';
import { branchTip } from '../git/repository.ts';
import type { NewPullRequest, PullRequestEdit } from '../github.ts';
import { notifyPull } from '../payloads/pull-request.ts';
import { baseOf } from '../shapes/pull-request.ts';
import { type Account, getAccount, getRepository, type PullRequest, type Repository, timestamp } from '../store.ts';
import type { World } from '../world.ts';
import { keepHead } from './push.ts';

/** Opens a pull request. */
export async function openPull(world: World, repository: Repository, wanted: NewPullRequest): Promise<PullRequest> {
  const source = wanted.headRepository ? getRepository(world.store, wanted.headRepository) : repository;
  const head = await branchTip(source.git, wanted.head);
  const base = await branchTip(repository.git, wanted.base);
  if (!head || !base) throw new Error(`There is no branch ${JSON.stringify(head ? wanted.base : wanted.head)}`);
  const number = Math.max(0, ...repository.pulls.keys()) + 1;
  const now = timestamp();
  const pull: PullRequest = {
    ...{ id: world.store.nextId(), number, title: wanted.title, body: wanted.body ?? null },
    author: getAccount(world.store, wanted.author),
    ...{ state: 'open', draft: wanted.draft ?? false, locked: false, createdAt: now, updatedAt: now },
    ...{ closedAt: null, mergedAt: null, mergedBy: null, mergeCommitSha: null, reviews: [] },
    head: { repository: source, ref: wanted.head, sha: head },
    base: { ref: wanted.base, sha: base },
  };
  await keepHead(repository, pull);
  const commits = await listCommits(repository.git, head, base);
  if (commits.length === 0) throw new Error(`No commits between ${wanted.base} and ${wanted.head}`);
  repository.pulls.set(number, pull);
  await notifyPull(world, repository, pull, { action: 'opened', sender: pull.author });
  return pull;
}

interface PullAct {
  pull: PullRequest;
  by: Account;
}

/** Closes a pull request without merging it. */
export async function closePull(world: World, repository: Repository, { pull, by }: PullAct): Promise<void> {
  requireState(pull, 'open');
  pull.base.sha = await baseOf(repository, pull);
  pull.state = 'closed';
  pull.closedAt = touch(pull);
  await notifyPull(world, repository, pull, { action: 'closed', sender: by });
}

/** Opens a closed pull request again, at its branch's present tip. */
export async function reopenPull(world: World, repository: Repository, { pull, by }: PullAct): Promise<void> {
  requireState(pull, 'closed');
  const tip = await branchTip(pull.head.repository.git, pull.head.ref);
  if (pull.mergedAt || !tip)
    throw new Error(`#${pull.number} was merged or has lost its branch: it cannot be opened again`);
  await keepHead(repository, pull);
  pull.head.sha = tip;
  pull.state = 'open';
  pull.closedAt = null;
  touch(pull);
  await notifyPull(world, repository, pull, { action: 'reopened', sender: by });
}

/** Makes an open pull request a draft, or a draft ready for review. */
export async function setDraft(world: World, repository: Repository, act: PullAct & { draft: boolean }): Promise<void> {
  const { pull, by, draft } = act;
  requireState(pull, 'open');
  if (pull.draft === draft) throw new Error(`#${pull.number} is ${draft ? '' : 'not '}a draft already`);
  pull.draft = draft;
  touch(pull);
  await notifyPull(world, repository, pull, { action: draft ? 'converted_to_draft' : 'ready_for_review', sender: by });
}

/** Closes a pull request's conversation, where only people who may write can still comment, or opens it again. */
export async function setLocked(
  world: World,
  repository: Repository,
  { pull, by, locked }: PullAct & { locked: boolean },
): Promise<void> {
  pull.locked = locked;
  touch(pull);
  await notifyPull(world, repository, pull, { action: locked ? 'locked' : 'unlocked', sender: by });
}

/** Changes title, body or base branch, and tells what each was before. */
export async function editPull(
  world: World,
  repository: Repository,
  act: PullAct & { edit: PullRequestEdit },
): Promise<void> {
  const { pull, by, edit } = act;
  const changes: Record<string, unknown> = {};
  if (edit.title !== undefined) {
    changes.title = { from: pull.title };
    pull.title = edit.title;
  }
  if (edit.body !== undefined) {
    changes.body = { from: pull.body };
    pull.body = edit.body;
  }
  if (edit.base !== undefined) {
    const tip = await branchTip(repository.git, edit.base);
    if (!tip) throw new Error(`There is no branch ${JSON.stringify(edit.base)}`);
    changes.base = { ref: { from: pull.base.ref }, sha: { from: pull.base.sha } };
    pull.base = { ref: edit.base, sha: tip };
  }
  touch(pull);
  await notifyPull(world, repository, pull, { action: 'edited', sender: by, more: { changes } });
}

/** Throws unless the pull request is as the act needs it. */
export function requireState(pull: PullRequest, state: PullRequest['state']): void {
  if (pull.state !== state)
    throw new Error(`#${pull.number} is ${pull.mergedAt ? 'merged' : pull.state}, not ${state}`);
}

function touch(pull: PullRequest): string {
  pull.updatedAt = timestamp();
  return pull.updatedAt;
}
