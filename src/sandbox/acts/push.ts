import { archiveCommit, fetchBranch } from '../git/archive.ts';
import { branchTip, moveRef, resolveCommit, ZERO_SHA } from '../git/repository.ts';
import { writeCommit } from '../git/write-commit.ts';
import type { NewCommit } from '../github.ts';
import { notify } from '../payloads/notify.ts';
import { notifyPull } from '../payloads/pull-request.ts';
import { type Push, pushPayload } from '../payloads/push.ts';
import { archiveDirectory } from '../shapes/archive.ts';
import { checkSuiteShape } from '../shapes/check.ts';
import { baseOf, pullRef } from '../shapes/pull-request.ts';
import { noreplyEmail } from '../shapes/user.ts';
import { type Account, type CheckSuite, getAccount, type PullRequest, type Repository, timestamp } from '../store.ts';
import type { World } from '../world.ts';

/** Commits to a branch, makes it if it is new, and tells of the push. Returns the commit's id. */
export async function commitToBranch(world: World, repository: Repository, commit: NewCommit): Promise<string> {
  const { git } = repository;
  const by = getAccount(world.store, commit.author);
  const tip = await branchTip(git, commit.branch);
  const parent = (tip === undefined || commit.force ? await startOf(repository, commit) : undefined) ?? tip;
  const after = await writeCommit(git, {
    ref: `refs/heads/${commit.branch}`,
    ...(parent === undefined ? {} : { parent }),
    files: commit.files,
    message: commit.message,
    author: gitPerson(by),
  });
  await announcePush(world, repository, { branch: commit.branch, before: tip ?? ZERO_SHA, after, by });
  return after;
}

async function startOf(repository: Repository, commit: NewCommit): Promise<string | undefined> {
  if (commit.from === undefined) return commit.force ? undefined : branchTip(repository.git, repository.defaultBranch);
  const found = await resolveCommit(repository.git, commit.from);
  if (!found) throw new Error(`There is no commit or branch ${JSON.stringify(commit.from)} to start from`);
  return found;
}

/** Deletes a branch; open pull requests from it are closed. */
export async function deleteBranch(
  world: World,
  repository: Repository,
  at: { branch: string; by: Account },
): Promise<void> {
  const before = await branchTip(repository.git, at.branch);
  if (!before) throw new Error(`There is no branch ${JSON.stringify(at.branch)} to delete`);
  await moveRef(repository.git, `refs/heads/${at.branch}`, { from: before, to: ZERO_SHA });
  await announcePush(world, repository, { branch: at.branch, before, after: ZERO_SHA, by: at.by });
}

/** Tells of a push that git has seen already: to the App, and to the pull requests with that head. */
export async function announcePush(world: World, repository: Repository, push: Push): Promise<void> {
  repository.pushedAt = timestamp();
  // Warmed here, where nobody waits: the App's first question is then answered from memory.
  if (push.after !== ZERO_SHA)
    await archiveCommit(repository.git, push.after, archiveDirectory(repository, push.after));
  notify(world, repository, { event: 'push', sender: push.by, payload: await pushPayload(world, repository, push) });
  for (const [base, pull] of pullsFrom(world, repository, push.branch)) {
    if (push.after === ZERO_SHA) await closeOrphan(world, base, { pull, by: push.by });
    else await synchronize(world, base, { pull, push });
  }
  if (push.after !== ZERO_SHA) await requestSuite(world, repository, push);
}

function pullsFrom(world: World, head: Repository, branch: string): [Repository, PullRequest][] {
  return [...world.store.repositories.values()].flatMap((base) =>
    [...base.pulls.values()]
      .filter((pull) => pull.state === 'open' && pull.head.repository === head && pull.head.ref === branch)
      .map((pull): [Repository, PullRequest] => [base, pull]),
  );
}

async function synchronize(
  world: World,
  base: Repository,
  { pull, push }: { pull: PullRequest; push: Push },
): Promise<void> {
  await keepHead(base, pull);
  pull.head.sha = push.after;
  pull.base.sha = await baseOf(base, pull);
  pull.updatedAt = timestamp();
  const more = { before: push.before, after: push.after };
  await notifyPull(world, base, pull, { action: 'synchronize', sender: push.by, more });
}

async function closeOrphan(world: World, base: Repository, at: { pull: PullRequest; by: Account }): Promise<void> {
  at.pull.base.sha = await baseOf(base, at.pull);
  at.pull.state = 'closed';
  at.pull.closedAt = timestamp();
  at.pull.updatedAt = timestamp();
  await notifyPull(world, base, at.pull, { action: 'closed', sender: at.by });
}

/** Brings `refs/pull/N/head` to the head branch's tip, out of the fork if it is one. */
export async function keepHead(base: Repository, pull: Pick<PullRequest, 'number' | 'head'>): Promise<void> {
  const to = pullRef(pull, 'head');
  if (pull.head.repository !== base) {
    await fetchBranch(base.git, pull.head.repository.git, { branch: pull.head.ref, to });
    return;
  }
  const tip = await branchTip(base.git, pull.head.ref);
  if (tip) await moveRef(base.git, to, { to: tip });
}

async function requestSuite(world: World, repository: Repository, push: Push): Promise<void> {
  if (!repository.installation || repository.checkSuites.has(push.after)) return;
  const suite = suiteOf(world, repository, push.after);
  suite.headBranch = push.branch;
  suite.before = push.before;
  const payload = { action: 'requested', check_suite: await checkSuiteShape(world, repository, suite) };
  notify(world, repository, { event: 'check_suite', sender: push.by, payload });
}

/** The App's check suite of a commit, made when first asked for. */
export function suiteOf(world: World, repository: Repository, sha: string): CheckSuite {
  const known = repository.checkSuites.get(sha);
  if (known) return known;
  const pull = [...repository.pulls.values()].find((candidate) => candidate.head.sha === sha);
  const suite = {
    id: world.store.nextId(),
    headSha: sha,
    headBranch: pull?.head.ref ?? null,
    before: null,
    createdAt: timestamp(),
  };
  repository.checkSuites.set(sha, suite);
  return suite;
}

/** An account as git writes it, now. */
export function gitPerson(account: Account) {
  return { name: account.login, email: noreplyEmail(account), date: timestamp() };
}
