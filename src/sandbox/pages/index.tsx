import { readFileSync } from 'node:fs';
import { Hono } from 'hono';
import { csrf } from 'hono/csrf';
import { getCommit, listCommits } from '../git/commits.ts';
import { branchTip, resolveCommit } from '../git/repository.ts';
import { findEntry, readBlob } from '../git/trees.ts';
import type { SandboxEnv } from '../http/env.ts';
import { filesOfCommit } from '../shapes/commit.ts';
import { commitsOfPull } from '../shapes/pull-request.ts';
import { fullName } from '../shapes/repository.ts';
import type { CheckRun, Repository } from '../store.ts';
import type { World } from '../world.ts';
import { actorsOf } from './actor.tsx';
import { actRoutes } from './acts.ts';
import { findPull, findRepository } from './find.ts';
import { manifestPages } from './manifest.tsx';
import { oauthPages } from './oauth.tsx';
import { renderPull } from './pull.tsx';
import { renderCommit, renderFile, renderHome, renderRepository } from './repository.tsx';

const STYLE = ['colors.css', 'sandbox.css', 'markdown.css', 'checks.css'].map(readAsset).join('\n');
const SCRIPT = readAsset('refresh.js');

const POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** The pages that people see. */
export function pages(world: World): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();
  app.use(async (c, next) => {
    // Another name for this address would be another site's, out for what the pages can do.
    if (!/^(127\.0\.0\.1|localhost|\[::1\])$/.test(new URL(c.req.url).hostname)) return c.text('Unknown host', 421);
    await next();
    c.header('content-security-policy', POLICY);
    c.header('x-content-type-options', 'nosniff');
    c.header('referrer-policy', 'same-origin');
    return undefined;
  });
  // Before the check against forged forms: an app's server exchanges its code without an Origin.
  app.route('/', oauthPages(world));
  app.route('/', manifestPages(world));
  app.use(csrf());
  app.get('/_assets/sandbox.css', (c) => c.body(STYLE, 200, { 'content-type': 'text/css; charset=utf-8' }));
  app.get('/_assets/refresh.js', (c) => c.body(SCRIPT, 200, { 'content-type': 'text/javascript; charset=utf-8' }));
  app.get('/', (c) => c.html(renderHome([...world.store.repositories.values()])));
  repositoryPages(app, world);
  actRoutes(app, world);
  return app;
}

function repositoryPages(app: Hono<SandboxEnv>, world: World): void {
  app.get('/:owner/:repo', async (c) => {
    const repository = findRepository(world, c);
    if (!repository) return c.notFound();
    const tip = await branchTip(repository.git, repository.defaultBranch);
    const shas = tip ? (await listCommits(repository.git, tip)).slice(0, 30) : [];
    const commits = await Promise.all(shas.map((sha) => getCommit(repository.git, sha)));
    return c.html(renderRepository({ repository, commits }));
  });

  app.get('/:owner/:repo/pull/:number', async (c) => {
    const repository = findRepository(world, c);
    const pull = repository && findPull(repository, c);
    if (!repository || !pull) return c.notFound();
    const comments = [...repository.comments.values()].filter((comment) => comment.number === pull.number);
    const checks = checksOf(repository, pull.head.sha);
    const shared = { repository, comments, checks, actors: actorsOf(world, repository) };
    const commits = await commitsOfPull(repository, pull);
    return c.html(renderPull({ ...shared, pull, commits, as: c.req.query('as'), notice: c.req.query('notice') }));
  });

  app.get('/:owner/:repo/commit/:sha', async (c) => {
    const repository = findRepository(world, c);
    const sha = repository && (await resolveCommit(repository.git, c.req.param('sha')));
    if (!repository || !sha) return c.notFound();
    const commit = await getCommit(repository.git, sha);
    const patches = (await filesOfCommit(repository, sha)).map(({ filename, patch }) => ({ filename, patch }));
    const shared = {
      repository,
      commit,
      patches,
      checks: checksOf(repository, sha),
      actors: actorsOf(world, repository),
    };
    return c.html(renderCommit({ ...shared, as: c.req.query('as'), notice: c.req.query('notice') }));
  });

  app.get('/:owner/:repo/runs/:id', (c) => {
    const repository = findRepository(world, c);
    const check = repository?.checkRuns.get(Number(c.req.param('id')));
    if (!repository || !check) return c.notFound();
    return c.redirect(`/${fullName(repository)}/commit/${check.headSha}#check-${check.id}`, 302);
  });

  app.get('/:owner/:repo/blob/:ref/:path{[\\s\\S]+}', async (c) => {
    const repository = findRepository(world, c);
    const sha = repository && (await resolveCommit(repository.git, c.req.param('ref')));
    const path = c.req.param('path');
    const entry = sha && (await findEntry(repository.git, sha, path));
    const content = entry && entry.type === 'blob' ? await readBlob(repository.git, entry.sha) : undefined;
    if (!repository || !sha || !content) return c.notFound();
    return c.html(renderFile({ repository, path, sha, lines: content.toString('utf8').split('\n') }));
  });
}

function checksOf(repository: Repository, sha: string): CheckRun[] {
  return [...repository.checkRuns.values()].filter((check) => check.headSha === sha);
}

function readAsset(name: string): string {
  return readFileSync(new URL(`./${name}`, import.meta.url), 'utf8');
}
