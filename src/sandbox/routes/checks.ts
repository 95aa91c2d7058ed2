import { newCheck } from '../acts/checks.ts';
import { readCommit } from '../git/commits.ts';
import { resolveCommit } from '../git/repository.ts';
import { ApiError, notFound } from '../http/api-error.ts';
import { type ApiContext, bodyOf, numberParam, repositoryOf } from '../http/env.ts';
import { paginate } from '../http/paginate.ts';
import { annotationShape, checkRunShape, checkSuiteShape } from '../shapes/check.ts';
import { type Annotation, type CheckRun, type Repository, timestamp } from '../store.ts';
import type { World } from '../world.ts';
import { type CheckUpdate, parseCreation, parseUpdate } from './check-body.ts';
import type { Routes } from './index.ts';

/** Check runs and suites. */
export const checkRoutes: Routes = (app, world) => {
  app.post('/repos/:owner/:repo/check-runs', async (c) => {
    const repository = repositoryOf(world, c, ['checks', 'write']);
    requireInstallation(c);
    const wanted = parseCreation(await bodyOf(c));
    if (!/^[0-9a-f]{40}$/.test(wanted.head_sha) || !(await readCommit(repository.git, wanted.head_sha))) {
      throw new ApiError(422, `No commit found for SHA: ${wanted.head_sha}`);
    }
    const check = newCheck(world, repository, { name: wanted.name, sha: wanted.head_sha });
    applyUpdate(check, wanted);
    repository.checkRuns.set(check.id, check);
    return c.json(checkRunShape(world, repository, check), 201);
  });

  app.patch('/repos/:owner/:repo/check-runs/:id', async (c) => {
    const repository = repositoryOf(world, c, ['checks', 'write']);
    requireInstallation(c);
    const check = checkOf(repository, c);
    applyUpdate(check, parseUpdate(await bodyOf(c)));
    return c.json(checkRunShape(world, repository, check));
  });

  app.get('/repos/:owner/:repo/check-runs/:id', (c) => {
    const repository = repositoryOf(world, c, ['checks', 'read']);
    return c.json(checkRunShape(world, repository, checkOf(repository, c)));
  });

  app.get('/repos/:owner/:repo/check-runs/:id/annotations', (c) => {
    const repository = repositoryOf(world, c, ['checks', 'read']);
    const check = checkOf(repository, c);
    const page = paginate(c, check.annotations);
    return c.json(page.map((annotation) => annotationShape(world, repository, { annotation, sha: check.headSha })));
  });

  app.get('/repos/:owner/:repo/commits/:ref/check-runs', async (c) => {
    const repository = repositoryOf(world, c, ['checks', 'read']);
    const sha = await resolveCommit(repository.git, c.req.param('ref'));
    if (!sha) throw new ApiError(422, `No commit found for SHA: ${c.req.param('ref')}`);
    const found = wantedChecks(world, repository, { sha, query: c.req.query() });
    const check_runs = paginate(c, found).map((check) => checkRunShape(world, repository, check));
    return c.json({ total_count: found.length, check_runs });
  });

  app.get('/repos/:owner/:repo/check-suites/:id', async (c) => {
    const repository = repositoryOf(world, c, ['checks', 'read']);
    const id = numberParam(c, 'id');
    const suite = [...repository.checkSuites.values()].find((one) => one.id === id);
    if (!suite) throw notFound();
    return c.json(await checkSuiteShape(world, repository, suite));
  });
};

/** Check runs belong to Apps: not even an admin's own token can write one. */
function requireInstallation(c: ApiContext): void {
  if (c.get('caller').kind !== 'installation') throw new ApiError(403, 'You must authenticate via a GitHub App.');
}

function checkOf(repository: Repository, c: ApiContext): CheckRun {
  const check = repository.checkRuns.get(numberParam(c, 'id'));
  if (!check) throw notFound();
  return check;
}

function applyUpdate(check: CheckRun, wanted: CheckUpdate): void {
  if (wanted.name !== undefined) check.name = wanted.name;
  if (wanted.details_url !== undefined) check.detailsUrl = wanted.details_url;
  if (wanted.external_id !== undefined) check.externalId = wanted.external_id;
  if (wanted.started_at !== undefined) check.startedAt = timestamp(Date.parse(wanted.started_at));
  if (wanted.actions !== undefined) check.actions = wanted.actions;
  if (wanted.output !== undefined) applyOutput(check, wanted.output);
  if (wanted.status !== undefined && wanted.conclusion === undefined) {
    check.status = wanted.status;
    check.conclusion = null;
    check.completedAt = null;
  }
  // A conclusion alone completes the run.
  if (wanted.conclusion !== undefined) {
    check.status = 'completed';
    check.conclusion = wanted.conclusion;
    check.completedAt = wanted.completed_at === undefined ? timestamp() : timestamp(Date.parse(wanted.completed_at));
  }
}

function applyOutput(check: CheckRun, output: NonNullable<CheckUpdate['output']>): void {
  check.output = { title: output.title ?? null, summary: output.summary, text: output.text ?? null };
  // Annotations are only ever added: a second request brings the next fifty.
  const added = (output.annotations ?? []).map(
    (one): Annotation => ({
      ...{ path: one.path, start_line: one.start_line, end_line: one.end_line, message: one.message },
      ...{ start_column: one.start_column ?? null, end_column: one.end_column ?? null },
      ...{ annotation_level: one.annotation_level, title: one.title ?? null, raw_details: one.raw_details ?? null },
    }),
  );
  check.annotations.push(...added);
}

function wantedChecks(
  world: World,
  repository: Repository,
  { sha, query }: { sha: string; query: Record<string, string> },
): CheckRun[] {
  const all = [...repository.checkRuns.values()]
    .filter((check) => check.headSha === sha)
    .filter((check) => query.check_name === undefined || check.name === query.check_name)
    .filter((check) => query.status === undefined || check.status === query.status)
    .filter((check) => query.app_id === undefined || (query.app_id === String(world.options.app.id) && !check.foreign));
  if (query.filter === 'all') return all;
  const newest = new Map(all.map((check) => [`${check.foreign ?? false} ${check.name}`, check]));
  return [...newest.values()];
}
