import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GitPerson, mergeBase } from './commits.ts';
import { EMPTY_TREE } from './repository.ts';
import { type GitDirectory, once, runGit } from './run.ts';

/**
 * The tree that merging two commits gives, or undefined if they are in conflict. A real three-way merge: files that are
 * newer on the base stay as they are.
 */
export function mergeTrees(git: GitDirectory, base: string, head: string): Promise<string | undefined> {
  return once(git, `merge ${base} ${head}`, async () => {
    const args = ['merge-tree', '--write-tree', '--no-messages', '--allow-unrelated-histories', '-z', base, head];
    const { code, stdout } = await runGit(git, args, { accept: [1, 128, 129] });
    if (code === 0) return stdout.toString().slice(0, 40);
    // git before 2.38 knows no --write-tree and says so with its usage.
    return code === 1 ? undefined : mergeInIndex(git, base, head);
  });
}

/** The same with the means of older gits: an index and a work directory of its own. It follows no renames. */
export async function mergeInIndex(git: GitDirectory, base: string, head: string): Promise<string | undefined> {
  const cwd = await mkdtemp(join(tmpdir(), 'zenfra-merge-'));
  const inCopy = { cwd, env: { GIT_INDEX_FILE: join(cwd, '.index'), GIT_WORK_TREE: cwd }, accept: [1, 128] };
  try {
    const parted = (await mergeBase(git, base, head)) ?? EMPTY_TREE;
    await runGit(git, ['read-tree', '-i', '-m', '--aggressive', parted, base, head], { ...inCopy, accept: [] });
    const merged = await runGit(git, ['merge-index', '-o', '-q', 'git-merge-one-file', '-a'], inCopy);
    if (merged.code !== 0) return undefined;
    return (await runGit(git, ['write-tree'], { ...inCopy, accept: [] })).stdout.toString().trim();
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

interface TreeCommit {
  tree: string;
  parents: string[];
  message: string;
  author: GitPerson;
}

/** Makes a commit of a tree that is there already. No ref is moved. */
export async function commitTree(git: GitDirectory, commit: TreeCommit): Promise<string> {
  const parents = commit.parents.flatMap((parent) => ['-p', parent]);
  const { name, email, date } = commit.author;
  const { stdout } = await runGit(git, ['commit-tree', commit.tree, ...parents, '-F', '-'], {
    input: commit.message,
    env: {
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: email,
      GIT_COMMITTER_DATE: date,
    },
  });
  return stdout.toString().trim();
}
