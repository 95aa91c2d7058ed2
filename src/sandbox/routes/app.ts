import { randomBytes } from 'node:crypto';
import type { components } from '@octokit/openapi-types';
import { ApiError, invalid, notFound } from '../http/api-error.ts';
import { type ApiContext, bodyOf, numberParam } from '../http/env.ts';
import { paginate } from '../http/paginate.ts';
import { installationShape, integration } from '../shapes/app.ts';
import { fullRepository } from '../shapes/repository.ts';
import { type Installation, type Repository, repositoryKey, type TokenScope, timestamp } from '../store.ts';
import { APP_PERMISSIONS, type World } from '../world.ts';
import type { Routes } from './index.ts';

const TOKEN_LIFE_MS = 3_600_000;

/** The App itself, its installations and their tokens. */
export const appRoutes: Routes = (app, world) => {
  app.get('/app', (c) => {
    requireApp(c);
    return c.json({ ...integration(world), installations_count: world.store.installations.size });
  });
  app.get('/app/installations', (c) => {
    requireApp(c);
    const all = [...world.store.installations.values()];
    return c.json(paginate(c, all).map((installation) => installationShape(world, installation)));
  });
  app.get('/app/installations/:id', (c) => c.json(installationShape(world, installationOf(world, c))));
  app.post('/app/installations/:id/access_tokens', async (c) => {
    const installation = installationOf(world, c);
    return c.json(createToken(world, installation, await bodyOf(c)), 201);
  });
  app.get('/repos/:owner/:repo/installation', (c) => {
    requireApp(c);
    const { owner, repo } = c.req.param();
    const installation = world.store.repositories.get(repositoryKey(owner, repo))?.installation;
    if (!installation) throw notFound();
    return c.json(installationShape(world, installation));
  });
  app.get('/installation/repositories', (c) => {
    const caller = c.get('caller');
    if (caller.kind !== 'installation')
      throw new ApiError(403, 'You must authenticate with an installation access token');
    const ids = caller.repositoryIds;
    const all = repositoriesOf(world, caller.installation).filter((one) => ids === undefined || ids.includes(one.id));
    const repositories = paginate(c, all).map((repository) => fullRepository(world, repository));
    return c.json({ total_count: all.length, repository_selection: 'selected', repositories });
  });
};

/** Throws a 401 unless the call is signed by the App's key. */
export function requireApp(c: ApiContext): void {
  if (c.get('caller').kind !== 'app') throw new ApiError(401, 'A JSON web token could not be decoded');
}

function installationOf(world: World, c: ApiContext): Installation {
  requireApp(c);
  const installation = world.store.installations.get(numberParam(c, 'id'));
  if (!installation) throw notFound();
  return installation;
}

function repositoriesOf(world: World, installation: Installation): Repository[] {
  return [...world.store.repositories.values()].filter((repository) => repository.installation === installation);
}

function createToken(
  world: World,
  installation: Installation,
  body: Record<string, unknown>,
): components['schemas']['installation-token'] {
  const token = `ghs_${randomBytes(27).toString('base64url')}`;
  const expiresAt = Date.now() + TOKEN_LIFE_MS;
  const selected = selectedRepositories(world, installation, body);
  const scope = wantedScope(body.permissions);
  const repositoryIds = selected?.map((repository) => repository.id);
  world.store.tokens.set(token, { kind: 'installation', installation, repositoryIds, scope, expiresAt });
  return {
    token,
    expires_at: timestamp(expiresAt),
    permissions: scope,
    repository_selection: 'selected',
    ...(selected
      ? { repositories: selected.map((one) => fullRepository(world, one) as components['schemas']['repository']) }
      : {}),
  };
}

function selectedRepositories(world: World, installation: Installation, body: Record<string, unknown>) {
  const { repositories: names, repository_ids: ids } = body;
  if (!Array.isArray(names) && !Array.isArray(ids)) return undefined;
  const all = repositoriesOf(world, installation);
  const found = [
    ...(Array.isArray(names) ? names.map((name) => all.find((one) => one.name === name)) : []),
    ...(Array.isArray(ids) ? ids.map((id) => all.find((one) => one.id === id)) : []),
  ];
  return found.map((repository) => {
    if (repository) return repository;
    throw new ApiError(
      422,
      'There is at least one repository that does not exist or is not accessible to the parent installation.',
    );
  });
}

function wantedScope(permissions: unknown): TokenScope {
  const all: TokenScope = { ...APP_PERMISSIONS };
  if (typeof permissions !== 'object' || permissions === null) return all;
  const scope: TokenScope = { metadata: 'read' };
  for (const [area, level] of Object.entries(permissions)) {
    const granted = all[area];
    if ((level !== 'read' && level !== 'write') || granted === undefined || (level === 'write' && granted === 'read')) {
      const message = 'The permissions requested are not granted to this installation.';
      throw invalid({ resource: 'Installation', field: area, code: 'invalid', message });
    }
    scope[area] = level;
  }
  return scope;
}
