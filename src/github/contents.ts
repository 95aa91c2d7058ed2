import { type GitHub, orUncompared, orUndefined, type RepositoryRef } from './github.ts';
import { bothNames } from './pull-requests.ts';

export async function findRepositoryNow(github: GitHub, repository: RepositoryRef) {
  const found = await orUndefined(github.read(repository, (octokit, at) => octokit.rest.repos.get(at)));
  return found?.data;
}

export type FoundFile = { ok: true; text: string } | { ok: false; why: string };

/**
 * A text file at a commit or branch; undefined where there is none. Not ok, with the end of a sentence, where something
 * else has the file's name, or it is larger than the 1 MB up to which GitHub gives contents (docs: "Get repository
 * content").
 */
export async function findFile(
  github: GitHub,
  repository: RepositoryRef,
  file: { path: string; ref: string },
): Promise<FoundFile | undefined> {
  const found = await orUndefined(
    github.read(repository, (octokit, at) => octokit.rest.repos.getContent({ ...at, path: file.path, ref: file.ref })),
  );
  if (!found) return undefined;
  if (Array.isArray(found.data)) return { ok: false, why: 'is a directory' };
  if (found.data.type !== 'file') return { ok: false, why: `is a ${found.data.type}` };
  const { content, encoding, size } = found.data;
  if (encoding !== 'base64') return { ok: false, why: `has ${size} bytes` };
  return { ok: true, text: Buffer.from(content, 'base64').toString('utf8') };
}

/** The names of the files in a repository's root. */
export async function listRootFiles(github: GitHub, repository: RepositoryRef, ref: string): Promise<string[]> {
  const found = await orUndefined(
    github.read(repository, (octokit, at) => octokit.rest.repos.getContent({ ...at, path: '', ref })),
  );
  if (!found || !Array.isArray(found.data)) return [];
  return found.data.flatMap(({ type, name }) => (type === 'file' ? [name] : []));
}

export interface CommitNow {
  sha: string;
  title: string;
}

export interface BranchHead extends CommitNow {
  /** A login, where GitHub knows whose the commit is. */
  author: string | null;
  /** What the branch's head was before, if it moved by this commit alone; null for a repository's first commit. */
  firstParent: string | null;
}

/** The head of a branch; undefined where there is no such branch. */
export async function findBranchHead(
  github: GitHub,
  repository: RepositoryRef,
  branch: string,
): Promise<BranchHead | undefined> {
  const found = await orUndefined(
    github.read(repository, (octokit, at) => octokit.rest.repos.getBranch({ ...at, branch })),
  );
  if (!found) return undefined;
  const { commit } = found.data;
  return {
    sha: commit.sha,
    title: titleOf(commit.commit.message),
    author: commit.author?.login ?? null,
    firstParent: commit.parents[0]?.sha ?? null,
  };
}

export function titleOf(message: string): string {
  return (message.split('\n', 1)[0] ?? '').slice(0, 200);
}

/** The compare API lists at most this many files (docs: "Compare two commits"). */
const mostCompared = 300;

/** Every path that differs between two commits. Null when that cannot be told: too many, or one of them is gone. */
export async function listPathsBetween(
  github: GitHub,
  repository: RepositoryRef,
  commits: { before: string; after: string },
): Promise<string[] | null> {
  const found = await orUncompared(
    github.read(repository, (octokit, at) =>
      octokit.rest.repos.compareCommitsWithBasehead({
        ...at,
        basehead: `${commits.before}...${commits.after}`,
        per_page: 1,
      }),
    ),
  );
  const files = found?.data.files ?? [];
  // Behind means that history was rewritten: the three-dot diff would miss what the old commits had.
  if (found && files.length < mostCompared && found.data.behind_by === 0) return files.flatMap(bothNames);
  return listPathsBetweenTrees(github, repository, commits);
}

/** Pages of 100. */
const mostPages = 5;

/** The commits that one has and another had not: of more than 500 the newest ones. Null where that cannot be told. */
export async function listCommitsBetween(
  github: GitHub,
  repository: RepositoryRef,
  commits: { before: string; after: string },
): Promise<string[] | null> {
  const basehead = `${commits.before}...${commits.after}`;
  const read = (page: number) =>
    orUncompared(
      github.read(repository, (octokit, at) =>
        octokit.rest.repos.compareCommitsWithBasehead({ ...at, basehead, per_page: 100, page }),
      ),
    );
  // The oldest come first, and on the first page how many there are.
  const first = await read(1);
  if (!first) return null;
  const found = first.data.commits.map(({ sha }) => sha);
  const last = Math.ceil(first.data.total_commits / 100);
  for (let page = Math.max(2, last - mostPages + 1); page <= last; page += 1) {
    const next = await read(page);
    if (!next) return null;
    found.push(...next.data.commits.map(({ sha }) => sha));
  }
  return found;
}

/** The newest commit that two have in common; undefined where there is none, one of them is gone, or GitHub cannot tell. */
export async function findMergeBase(
  github: GitHub,
  repository: RepositoryRef,
  { base, head }: { base: string; head: string },
): Promise<string | undefined> {
  const basehead = `${base}...${head}`;
  const found = await orUncompared(
    github.read(repository, (octokit, at) =>
      octokit.rest.repos.compareCommitsWithBasehead({ ...at, basehead, per_page: 1 }),
    ),
  );
  return found?.data.merge_base_commit.sha;
}

async function listPathsBetweenTrees(
  github: GitHub,
  repository: RepositoryRef,
  commits: { before: string; after: string },
): Promise<string[] | null> {
  const [before, after] = await Promise.all([
    findTree(github, repository, commits.before),
    findTree(github, repository, commits.after),
  ]);
  if (!before || !after) return null;
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => before.get(path) !== after.get(path));
}

async function findTree(
  github: GitHub,
  repository: RepositoryRef,
  sha: string,
): Promise<Map<string, string> | undefined> {
  const found = await orUndefined(
    github.read(repository, (octokit, at) => octokit.rest.git.getTree({ ...at, tree_sha: sha, recursive: 'true' })),
  );
  if (!found || found.data.truncated) return undefined;
  return new Map(
    found.data.tree.filter((entry) => entry.type !== 'tree').map((entry) => [entry.path, `${entry.mode} ${entry.sha}`]),
  );
}
