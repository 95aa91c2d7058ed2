import { mkdir } from 'node:fs/promises';
import { ObjectReader } from './object-reader.ts';
import { type GitDirectory, isolatedGitEnv, runGit } from './run.ts';

export const ZERO_SHA = '0'.repeat(40);
export const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** Makes an empty bare repository at `path`. */
export async function createGitDirectory(path: string, home: string, defaultBranch: string): Promise<GitDirectory> {
  await mkdir(path, { recursive: true });
  const env = isolatedGitEnv(home);
  const git: GitDirectory = { path, env, objects: new ObjectReader(path, env), memo: new Map() };
  await runGit(git, ['-c', `init.defaultBranch=${defaultBranch}`, 'init', '--quiet', '--bare', '--template=', path]);
  return git;
}

/** The commit at the tip of a branch; undefined if there is no such branch. */
export async function branchTip(git: GitDirectory, branch: string): Promise<string | undefined> {
  return (await git.objects.read(`refs/heads/${branch}`))?.sha;
}

/**
 * The commit that a person's or a program's word for it means: a full or abbreviated object id, a branch, a tag or a
 * full ref. Nothing else of git's revision language (`@{-1}`, `:/text`, ranges) gets through.
 */
export async function resolveCommit(git: GitDirectory, name: string): Promise<string | undefined> {
  if (name === 'HEAD') return (await git.objects.read('HEAD'))?.sha;
  if (/[~^:\\?*[\s]|\.\.|@\{/.test(name)) return undefined;
  const full = name.replace(/^refs\//, '').replace(/^(heads|tags|pull)\//, 'refs/$1/');
  const candidates = [`refs/heads/${name}`, `refs/tags/${name}`, ...(full.startsWith('refs/') ? [full] : [])];
  if (/^[0-9a-f]{7,40}$/i.test(name)) candidates.unshift(name);
  for (const candidate of candidates) {
    const found = await git.objects.read(`${candidate}^{commit}`);
    if (found?.type === 'commit') return found.sha;
  }
  return undefined;
}

/** All branches with their tips. */
export async function listBranches(git: GitDirectory): Promise<{ name: string; sha: string }[]> {
  const { stdout } = await runGit(git, ['for-each-ref', '--format=%(objectname) %(refname)', 'refs/heads/']);
  const lines = stdout.toString().split('\n').filter(Boolean);
  return lines.map((line) => ({ sha: line.slice(0, 40), name: line.slice(41 + 'refs/heads/'.length) }));
}

/** Points a ref at a commit, only if it still is where the caller saw it. `to` of all zeros deletes it. */
export async function moveRef(git: GitDirectory, ref: string, move: { from?: string; to: string }): Promise<void> {
  const args = move.to === ZERO_SHA ? ['-d', ref] : [ref, move.to];
  await runGit(git, ['update-ref', ...args, ...(move.from === undefined ? [] : [move.from])]);
}
