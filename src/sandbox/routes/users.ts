import { ApiError, notFound } from '../http/api-error.ts';
import { mayRead } from '../http/auth.ts';
import { numberParam } from '../http/env.ts';
import { paginate } from '../http/paginate.ts';
import { installationShape } from '../shapes/app.ts';
import { fullRepository } from '../shapes/repository.ts';
import { publicUser } from '../shapes/user.ts';
import { type Installation, permissionFlags, permissionOf, type Repository } from '../store.ts';
import type { World } from '../world.ts';
import type { Routes } from './index.ts';

/** Accounts, and what the signed-in one can see. */
export const userRoutes: Routes = (app, world) => {
  app.get('/users/:login', (c) => {
    const login = c.req.param('login').toLowerCase();
    const account = login === world.bot.login.toLowerCase() ? world.bot : world.store.accounts.get(login);
    if (!account) throw notFound();
    return c.json(publicUser(world, account));
  });

  app.get('/user', (c) => {
    const caller = c.get('caller');
    if (caller.kind === 'anonymous') throw new ApiError(401, 'Requires authentication');
    if (caller.kind !== 'user') throw new ApiError(403, 'Resource not accessible by integration');
    return c.json(publicUser(world, caller.account));
  });

  app.get('/user/repos', (c) => {
    const caller = c.get('caller');
    if (caller.kind !== 'user') throw new ApiError(401, 'Requires authentication');
    const all = [...world.store.repositories.values()].filter((repository) => mayRead(caller, repository));
    const answer = paginate(c, all).map((repository) => ({
      ...fullRepository(world, repository),
      permissions: permissionFlags(permissionOf(repository, caller.account.login)),
    }));
    return c.json(answer);
  });

  app.get('/user/installations', (c) => {
    const caller = c.get('caller');
    if (caller.kind !== 'user') throw new ApiError(401, 'Requires authentication');
    const all = installationsOf(world, caller.account.login);
    return c.json({
      total_count: all.length,
      installations: paginate(c, all).map((one) => installationShape(world, one)),
    });
  });

  app.get('/user/installations/:id/repositories', (c) => {
    const caller = c.get('caller');
    if (caller.kind !== 'user') throw new ApiError(401, 'Requires authentication');
    const { login } = caller.account;
    const installation = installationsOf(world, login).find((one) => one.id === numberParam(c, 'id'));
    if (!installation) throw notFound();
    const all = ownRepositories(world, installation, login);
    const repositories = paginate(c, all).map((repository) => ({
      ...fullRepository(world, repository),
      permissions: permissionFlags(permissionOf(repository, login)),
    }));
    return c.json({ total_count: all.length, repositories });
  });
};

/** What the caller sees of the App's installations: those with a repository in which they have a role of their own. */
function installationsOf(world: World, login: string): Installation[] {
  return [...world.store.installations.values()].filter((one) => ownRepositories(world, one, login).length > 0);
}

/** Those with an explicit role, as GitHub's docs say: a public repository alone does not count. */
function ownRepositories(world: World, installation: Installation, login: string): Repository[] {
  return [...world.store.repositories.values()].filter((repository) => {
    const owner = repository.owner.login.toLowerCase() === login.toLowerCase();
    return repository.installation === installation && (owner || repository.permissions.has(login.toLowerCase()));
  });
}
