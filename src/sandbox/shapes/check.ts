import type { components } from '@octokit/openapi-types';
import { getCommit } from '../git/commits.ts';
import type { Annotation, CheckRun, CheckSuite, Repository } from '../store.ts';
import type { World } from '../world.ts';
import { integration } from './app.ts';
import { nodeId } from './node-id.ts';
import { minimalPulls } from './pull-request.ts';
import { fullRepository, repositoryPage, repositoryUrl } from './repository.ts';

/** A check run. */
export function checkRunShape(
  world: World,
  repository: Repository,
  check: CheckRun,
): components['schemas']['check-run'] {
  const url = `${repositoryUrl(world, repository)}/check-runs/${check.id}`;
  return {
    id: check.id,
    name: check.name,
    node_id: nodeId('CheckRun', check.id),
    head_sha: check.headSha,
    external_id: check.externalId ?? '',
    url,
    html_url: `${repositoryPage(world, repository)}/runs/${check.id}`,
    // Without one GitHub shows the App's own page.
    details_url: check.detailsUrl ?? world.url,
    status: check.status,
    conclusion: check.conclusion,
    started_at: check.startedAt,
    completed_at: check.completedAt,
    output: {
      ...check.output,
      annotations_count: check.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: check.suiteId },
    app: check.foreign ? { ...integration(world), id: world.options.app.id + 1, slug: 'ci' } : integration(world),
    pull_requests: minimalPulls(world, repository, check.headSha),
  };
}

/** One annotation of a check run. */
export function annotationShape(world: World, repository: Repository, at: { annotation: Annotation; sha: string }) {
  const { annotation, sha } = at;
  return {
    ...annotation,
    blob_href: `${repositoryPage(world, repository)}/blob/${sha}/${annotation.path}`,
  } satisfies components['schemas']['check-annotation'];
}

/** The App's check suite of a commit: its status is that of its runs together. */
export async function checkSuiteShape(world: World, repository: Repository, suite: CheckSuite) {
  const runs = [...repository.checkRuns.values()].filter((run) => run.suiteId === suite.id);
  const done = runs.length > 0 && runs.every((run) => run.status === 'completed');
  const bad = runs.find(
    (run) => run.conclusion !== null && !['success', 'neutral', 'skipped'].includes(run.conclusion),
  );
  const commit = await getCommit(repository.git, suite.headSha);
  const url = `${repositoryUrl(world, repository)}/check-suites/${suite.id}`;
  return {
    id: suite.id,
    node_id: nodeId('CheckSuite', suite.id),
    head_branch: suite.headBranch,
    head_sha: suite.headSha,
    status: done ? 'completed' : runs.length > 0 ? 'in_progress' : 'queued',
    conclusion: done ? (bad?.conclusion ?? 'success') : null,
    url,
    before: suite.before,
    after: suite.headSha,
    pull_requests: minimalPulls(world, repository, suite.headSha),
    app: integration(world),
    repository: fullRepository(world, repository) as components['schemas']['minimal-repository'],
    created_at: suite.createdAt,
    updated_at: suite.createdAt,
    head_commit: {
      id: commit.sha,
      tree_id: commit.tree,
      message: commit.message,
      timestamp: commit.committer.date,
      author: { name: commit.author.name, email: commit.author.email },
      committer: { name: commit.committer.name, email: commit.committer.email },
    },
    latest_check_runs_count: runs.length,
    check_runs_url: `${url}/check-runs`,
  } satisfies components['schemas']['check-suite'];
}
