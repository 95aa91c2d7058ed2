import type { components } from '@octokit/openapi-types';
import { getCommit } from '../git/commits.ts';
import { branchTip, listBranches } from '../git/repository.ts';
import { notFound } from '../http/api-error.ts';
import { mayRead } from '../http/auth.ts';
import { numberParam, repositoryOf } from '../http/env.ts';
import { paginate } from '../http/paginate.ts';
import { commitShape } from '../shapes/commit.ts';
import { fullRepository, repositoryPage, repositoryUrl } from '../shapes/repository.ts';
import { simpleUser } from '../shapes/user.ts';
import { getAccount, type Permission, permissionFlags, permissionOf } from '../store.ts';
import type { Routes } from './index.ts';

/** Repositories, their branches and who may do what with them. */
export const repositoryRoutes: Routes = (app, world) => {
  app.get('/repos/:owner/:repo', (c) => c.json(fullRepository(world, repositoryOf(world, c, ['metadata', 'read']))));

  app.get('/repositories/:id', (c) => {
    const id = numberParam(c, 'id');
    const found = [...world.store.repositories.values()].find((repository) => repository.id === id);
    if (!found || !mayRead(c.get('caller'), found)) throw notFound();
    return c.json(fullRepository(world, found));
  });

  app.get('/repos/:owner/:repo/branches', async (c) => {
    const repository = repositoryOf(world, c, ['contents', 'read']);
    const branches = paginate(c, await listBranches(repository.git));
    const answer: components['schemas']['short-branch'][] = branches.map(({ name, sha }) => ({
      name,
      commit: { sha, url: `${repositoryUrl(world, repository)}/commits/${sha}` },
      protected: false,
    }));
    return c.json(answer);
  });

  app.get('/repos/:owner/:repo/branches/:branch{[\\s\\S]+}', async (c) => {
    const repository = repositoryOf(world, c, ['contents', 'read']);
    const name = c.req.param('branch');
    const sha = await branchTip(repository.git, name);
    if (!sha) throw notFound();
    const url = `${repositoryUrl(world, repository)}/branches/${encodeURIComponent(name)}`;
    const answer: components['schemas']['branch-with-protection'] = {
      name,
      commit: commitShape(world, repository, await getCommit(repository.git, sha)),
      _links: { self: url, html: `${repositoryPage(world, repository)}/tree/${encodeURIComponent(name)}` },
      protected: false,
      protection: { enabled: false, required_status_checks: { enforcement_level: 'off', contexts: [], checks: [] } },
      protection_url: `${url}/protection`,
    };
    return c.json(answer);
  });

  app.get('/repos/:owner/:repo/collaborators/:login/permission', (c) => {
    const repository = repositoryOf(world, c, ['metadata', 'read']);
    const login = c.req.param('login');
    if (!world.store.accounts.has(login.toLowerCase())) throw notFound();
    const role = permissionOf(repository, login);
    const account = getAccount(world.store, login);
    const user = { ...simpleUser(world, account), role_name: role, permissions: permissionFlags(role) };
    const answer: components['schemas']['repository-collaborator-permission'] = {
      permission: legacyPermission(role),
      role_name: role,
      user,
    };
    return c.json(answer);
  });
};

/** The older field knows three levels: triage reads, maintain writes. */
function legacyPermission(role: Permission): string {
  if (role === 'triage') return 'read';
  return role === 'maintain' ? 'write' : role;
}
