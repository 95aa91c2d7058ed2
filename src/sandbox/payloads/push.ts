import { getCommit, listCommits, mergeBase } from '../git/commits.ts';
import { branchTip, ZERO_SHA } from '../git/repository.ts';
import { accountOf, filesOfCommit } from '../shapes/commit.ts';
import { fullRepository, repositoryPage } from '../shapes/repository.ts';
import { noreplyEmail } from '../shapes/user.ts';
import type { Account, Repository } from '../store.ts';
import type { World } from '../world.ts';

export interface Push {
  branch: string;
  /** All zeros for a new branch. */
  before: string;
  /** All zeros for a deleted branch. */
  after: string;
  by: Account;
}

/** As many as GitHub puts into one webhook. */
const MAX_COMMITS = 2048;

/** The payload of `push`. */
export async function pushPayload(world: World, repository: Repository, push: Push): Promise<Record<string, unknown>> {
  const { before, after } = push;
  const page = repositoryPage(world, repository);
  const commits = await Promise.all(
    (await newCommits(repository, push)).map((sha) => pushedCommit(world, repository, sha)),
  );
  const head = after === ZERO_SHA ? null : await pushedCommit(world, repository, after);
  return {
    ref: `refs/heads/${push.branch}`,
    ...{ before, after, base_ref: null },
    created: before === ZERO_SHA,
    deleted: after === ZERO_SHA,
    forced: await isForced(repository, push),
    compare:
      before === ZERO_SHA
        ? `${page}/commit/${after}`
        : `${page}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
    commits,
    head_commit: head,
    pusher: { name: push.by.login, email: noreplyEmail(push.by) },
    repository: pushedRepository(world, repository),
  };
}

async function newCommits(repository: Repository, push: Push): Promise<string[]> {
  if (push.after === ZERO_SHA) return [];
  const known = push.before === ZERO_SHA ? await branchTip(repository.git, repository.defaultBranch) : push.before;
  const since = push.branch === repository.defaultBranch && push.before === ZERO_SHA ? undefined : known;
  const shas = await listCommits(repository.git, push.after, since);
  return shas.slice(0, MAX_COMMITS).toReversed();
}

async function isForced(repository: Repository, push: Push): Promise<boolean> {
  if (push.before === ZERO_SHA || push.after === ZERO_SHA) return false;
  return (await mergeBase(repository.git, push.before, push.after)) !== push.before;
}

async function pushedCommit(world: World, repository: Repository, sha: string): Promise<Record<string, unknown>> {
  const commit = await getCommit(repository.git, sha);
  const files = await filesOfCommit(repository, sha);
  const person = ({ name, email }: typeof commit.author) => {
    const username = accountOf(world, commit.author)?.login;
    return { name, email, ...(username === undefined ? {} : { username }) };
  };
  // A push knows no renames: one is a removal and an addition.
  const renamed = files.filter((file) => file.status === 'renamed');
  return {
    id: sha,
    tree_id: commit.tree,
    distinct: true,
    message: commit.message,
    timestamp: commit.committer.date,
    url: `${repositoryPage(world, repository)}/commit/${sha}`,
    author: person(commit.author),
    committer: person(commit.committer),
    added: [...files.filter((file) => file.status === 'added'), ...renamed].map((file) => file.filename),
    removed: [
      ...files.filter((file) => file.status === 'removed').map((file) => file.filename),
      ...renamed.map((file) => file.previousFilename),
    ],
    modified: files
      .filter((file) => file.status === 'modified' || file.status === 'changed')
      .map((file) => file.filename),
  };
}

/** In pushes, unlike everywhere else, GitHub has these as seconds and the owner with a name. */
function pushedRepository(world: World, repository: Repository): Record<string, unknown> {
  const full = fullRepository(world, repository);
  return {
    ...full,
    owner: { ...full.owner, name: repository.owner.login, email: noreplyEmail(repository.owner) },
    created_at: Math.floor(Date.parse(repository.createdAt) / 1000),
    pushed_at: Math.floor(Date.parse(repository.pushedAt) / 1000),
    master_branch: repository.defaultBranch,
    stargazers: 0,
  };
}
