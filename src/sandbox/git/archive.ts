import { type GitDirectory, once, runGit } from './run.ts';

/** A commit as tar.gz under one top-level directory, made by `git archive` as GitHub's are. */
export function archiveCommit(git: GitDirectory, sha: string, directory: string): Promise<Buffer> {
  return once(git, `archive ${sha} ${directory}`, async () => {
    const { stdout } = await runGit(git, ['archive', '--format=tar.gz', `--prefix=${directory}/`, sha]);
    return stdout;
  });
}

/** Copies a branch of another repository (a fork) under a ref of this one. */
export async function fetchBranch(
  git: GitDirectory,
  from: GitDirectory,
  refs: { branch: string; to: string },
): Promise<void> {
  const refspec = `+refs/heads/${refs.branch}:${refs.to}`;
  await runGit(git, [
    '-c',
    'gc.auto=0',
    '-c',
    'maintenance.auto=false',
    'fetch',
    '--quiet',
    '--no-tags',
    '--no-write-fetch-head',
    '--',
    from.path,
    refspec,
  ]);
}
