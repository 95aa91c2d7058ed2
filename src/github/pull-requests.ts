import { type GitHub, type Octokit, orUndefined, type RepositoryRef } from './github.ts';
import { isUncompared } from './retry.ts';

/** A pull request as the API describes it now; a webhook's copy may be old. */
export interface PullRequestNow {
  number: number;
  title: string;
  author: string;
  headSha: string;
  headRef: string;
  baseRef: string;
  baseSha: string;
  state: 'open' | 'closed' | 'merged';
  draft: boolean;
  /** Its conversation is closed. */
  locked: boolean;
  /** From another repository, or one that is gone. */
  fork: boolean;
  changedFiles: number;
  /** Of its last change; whole seconds. */
  updatedAt: Date;
}

export async function findPullRequestNow(
  github: GitHub,
  repository: RepositoryRef,
  number: number,
): Promise<PullRequestNow | undefined> {
  const found = await orUndefined(
    github.read(repository, (octokit, at) => octokit.rest.pulls.get({ ...at, pull_number: number })),
  );
  if (!found) return undefined;
  const pull = found.data;
  return {
    number: pull.number,
    title: pull.title,
    author: pull.user?.login ?? 'ghost',
    headSha: pull.head.sha,
    headRef: pull.head.ref,
    baseRef: pull.base.ref,
    baseSha: pull.base.sha,
    state: pull.merged ? 'merged' : pull.state === 'open' ? 'open' : 'closed',
    draft: pull.draft === true,
    locked: pull.locked,
    fork: pull.head.repo?.id !== pull.base.repo.id,
    changedFiles: pull.changed_files,
    updatedAt: new Date(pull.updated_at),
  };
}

/** What a list of pull requests tells of one. */
export type ListedPullRequest = Omit<PullRequestNow, 'baseSha' | 'locked' | 'changedFiles'>;

/** Of 100 each. */
const mostPages = 5;

/** The open pull requests, those that changed last first. `complete` is false where there are more. */
export async function listOpenPullRequests(
  github: GitHub,
  repository: RepositoryRef,
): Promise<{ open: ListedPullRequest[]; complete: boolean }> {
  return github.read(repository, async (octokit, at) => {
    const open: ListedPullRequest[] = [];
    for (let page = 1; page <= mostPages; page += 1) {
      const order = { sort: 'updated', direction: 'desc', per_page: 100, page } as const;
      const { data } = await octokit.rest.pulls.list({ ...at, state: 'open', ...order });
      open.push(...data.map(listed));
      if (data.length < 100) return { open, complete: true };
    }
    return { open, complete: false };
  });
}

type Listed = Awaited<ReturnType<Octokit['rest']['pulls']['list']>>['data'][number];

function listed({ head, base, draft, title, user, ...pull }: Listed): ListedPullRequest {
  return {
    ...{ number: pull.number, title, author: user?.login ?? 'ghost', state: 'open', draft: draft === true },
    ...{ headSha: head.sha, headRef: head.ref, baseRef: base.ref, fork: head.repo?.id !== base.repo.id },
    updatedAt: new Date(pull.updated_at),
  };
}

/** GitHub lists at most this many files of a pull request (docs: "List pull requests files"). */
const mostListed = 3000;

/** Every path a pull request touches, both names of a rename. Null when there are more than GitHub lists, or compares. */
export async function listChangedPaths(
  github: GitHub,
  repository: RepositoryRef,
  pull: PullRequestNow,
): Promise<string[] | null> {
  if (pull.changedFiles > mostListed) return null;
  const asked = github.read(repository, (octokit, at) =>
    octokit.paginate(octokit.rest.pulls.listFiles, { ...at, pull_number: pull.number, per_page: 100 }),
  );
  try {
    return (await asked).flatMap(bothNames);
  } catch (error) {
    // One that is not found is another matter: that it touches everything would plan all stacks there are.
    if (isUncompared(error)) return null;
    throw error;
  }
}

export function bothNames(file: { filename: string; previous_filename?: string }): string[] {
  return file.previous_filename === undefined ? [file.filename] : [file.filename, file.previous_filename];
}

/**
 * The numbers of the pull requests that were merged into a branch by one of these commits (docs: `merge_commit_sha` is the
 * merge's commit, the squashed one, or the last that was rebased), the oldest merge first. Of the 100 that changed last.
 */
export async function listMergedPullRequests(
  github: GitHub,
  repository: RepositoryRef,
  { base, commits }: { base: string; commits: ReadonlySet<string> },
): Promise<number[]> {
  const order = { sort: 'updated', direction: 'desc', per_page: 100 } as const;
  const { data } = await github.read(repository, (octokit, at) =>
    octokit.rest.pulls.list({ ...at, state: 'closed', base, ...order }),
  );
  return data
    .filter((pull) => pull.merged_at !== null && commits.has(pull.merge_commit_sha ?? ''))
    .sort((a, b) => (a.merged_at ?? '').localeCompare(b.merged_at ?? '') || a.number - b.number)
    .map(({ number }) => number);
}

/** The pull requests a commit came from: merged ones first. */
export async function listPullRequestsOfCommit(
  github: GitHub,
  repository: RepositoryRef,
  sha: string,
): Promise<{ number: number; merged: boolean; base: string }[]> {
  const found = await orUndefined(
    github.read(repository, (octokit, at) =>
      octokit.rest.repos.listPullRequestsAssociatedWithCommit({ ...at, commit_sha: sha }),
    ),
  );
  return (found?.data ?? [])
    .map((pull) => ({ number: pull.number, merged: pull.merged_at !== null, base: pull.base.ref }))
    .sort((a, b) => Number(b.merged) - Number(a.merged));
}
