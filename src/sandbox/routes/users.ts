import { ApiError, notFound } from '../http/api-error.ts';
import { mayRead } from '../http/auth.ts';
import { paginate } from '../http/paginate.ts';
import { fullRepository } from '../shapes/repository.ts';
import { publicUser } from '../shapes/user.ts';
import { type Permission, permissionOf } from '../store.ts';
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
};

function permissionFlags(role: Permission) {
  const rank = ['none', 'read', 'triage', 'write', 'maintain', 'admin'].indexOf(role);
  return { admin: rank >= 5, maintain: rank >= 4, push: rank >= 3, triage: rank >= 2, pull: rank >= 1 };
}
