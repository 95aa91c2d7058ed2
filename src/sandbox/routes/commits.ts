import type { components } from '@octokit/openapi-types';
import { getCommit, listCommits, mergeBase } from '../git/commits.ts';
import { changedFiles } from '../git/diff.ts';
import { resolveCommit } from '../git/repository.ts';
import { ApiError, notFound } from '../http/api-error.ts';
import { type ApiContext, repositoryOf } from '../http/env.ts';
import { paginate } from '../http/paginate.ts';
import { commitShape, diffEntry, filesOfCommit } from '../shapes/commit.ts';
import { simplePull } from '../shapes/pull-request.ts';
import { repositoryPage, repositoryUrl } from '../shapes/repository.ts';
import type { PullRequest, Repository } from '../store.ts';
import type { World } from '../world.ts';
import type { Routes } from './index.ts';

const MAX_COMPARED_FILES = 300;

/** Commits and what lies between two of them. */
export const commitRoutes: Routes = (app, world) => {
  app.get('/repos/:owner/:repo/commits', async (c) => {
    const repository = repositoryOf(world, c, ['contents', 'read']);
    const from = await resolveCommit(repository.git, c.req.query('sha') ?? repository.defaultBranch);
    if (!from) throw notFound();
    return c.json(await shapes(world, repository, paginate(c, await listCommits(repository.git, from))));
  });

  app.get('/repos/:owner/:repo/commits/:ref/pulls', async (c) => {
    const repository = repositoryOf(world, c, ['pull_requests', 'read']);
    const sha = await resolveCommit(repository.git, c.req.param('ref'));
    if (!sha) throw new ApiError(422, `No commit found for SHA: ${c.req.param('ref')}`);
    const found = await pullsWith(repository, sha);
    return c.json(paginate(c, found).map((pull) => simplePull(world, repository, pull)));
  });

  app.get('/repos/:owner/:repo/compare/:basehead{[\\s\\S]+}', (c) => compare(world, c));

  app.get('/repos/:owner/:repo/commits/:ref', async (c) => {
    const repository = repositoryOf(world, c, ['contents', 'read']);
    const ref = c.req.param('ref');
    const sha = await resolveCommit(repository.git, ref);
    if (!sha) throw new ApiError(422, `No commit found for SHA: ${ref}`);
    if (/application\/vnd\.github(\.v3)?\.sha/.test(c.req.header('accept') ?? '')) return c.text(sha);
    const files = await filesOfCommit(repository, sha);
    const additions = files.reduce((sum, file) => sum + file.additions, 0);
    const deletions = files.reduce((sum, file) => sum + file.deletions, 0);
    const answer: components['schemas']['commit'] = {
      ...commitShape(world, repository, await getCommit(repository.git, sha)),
      stats: { additions, deletions, total: additions + deletions },
      files: paginate(c, files.slice(0, 3000), 300).map((file) => diffEntry(world, repository, { file, sha })),
    };
    return c.json(answer);
  });
};

/** Three dots: what `head` has done since it left `base`. */
async function compare(world: World, c: ApiContext): Promise<Response> {
  const repository = repositoryOf(world, c, ['contents', 'read']);
  const { git } = repository;
  const [baseName = '', headName = ''] = ((c.req.param() as Record<string, string>).basehead ?? '').split('...');
  const base = await resolveCommit(git, baseName);
  const head = await resolveCommit(git, headName);
  if (!base || !head) throw notFound();
  const parted = await mergeBase(git, base, head);
  if (!parted) throw new ApiError(404, `No common ancestor between ${baseName} and ${headName}.`);
  const [ahead, behind] = await Promise.all([listCommits(git, head, base), listCommits(git, base, head)]);
  // Like GitHub: files only on the first page, and at most 300 of them.
  const firstPage = Number(c.req.query('page') ?? 1) <= 1;
  const files = firstPage ? (await changedFiles(git, parted, head)).slice(0, MAX_COMPARED_FILES) : [];
  const url = `${repositoryUrl(world, repository)}/compare/${encodeURIComponent(baseName)}...${encodeURIComponent(headName)}`;
  const page = `${repositoryPage(world, repository)}/compare/${base}...${head}`;
  const answer: components['schemas']['commit-comparison'] = {
    ...{ url, html_url: page, permalink_url: page, diff_url: `${page}.diff`, patch_url: `${page}.patch` },
    base_commit: commitShape(world, repository, await getCommit(git, base)),
    merge_base_commit: commitShape(world, repository, await getCommit(git, parted)),
    status:
      ahead.length === 0 ? (behind.length === 0 ? 'identical' : 'behind') : behind.length === 0 ? 'ahead' : 'diverged',
    ...{ ahead_by: ahead.length, behind_by: behind.length, total_commits: ahead.length },
    commits: await shapes(world, repository, paginate(c, ahead.toReversed(), 100)),
    files: files.map((file) => diffEntry(world, repository, { file, sha: head })),
  };
  return c.json(answer);
}

/** Pull requests that brought the commit in by their merge; for one that no merge has brought in, those that hold it. */
async function pullsWith(repository: Repository, sha: string): Promise<PullRequest[]> {
  const found: PullRequest[] = [];
  for (const pull of repository.pulls.values()) {
    if (pull.mergeCommitSha === sha || pull.head.sha === sha) found.push(pull);
    else if ((await listCommits(repository.git, pull.head.sha, pull.base.sha)).includes(sha)) found.push(pull);
  }
  return found;
}

async function shapes(world: World, repository: Repository, shas: string[]) {
  const commits = await Promise.all(shas.map((sha) => getCommit(repository.git, sha)));
  return commits.map((commit) => commitShape(world, repository, commit));
}
