/** As GitHub's API names the levels. */
export type Permission = 'admin' | 'maintain' | 'write' | 'read' | 'none';

import { type GitHub, orUndefined, type RepositoryRef } from './github.ts';

/**
 * What a person may do in a repository, read afresh each time. The collaborator-permission API is the only one that
 * counts: `author_association` says MEMBER of people who cannot write. Its `permission` tells `maintain` as write and
 * `triage` as read; the flags beside it tell who may maintain, custom roles included.
 */
export async function readPermission(github: GitHub, repository: RepositoryRef, login: string): Promise<Permission> {
  const found = await orUndefined(
    github.read(repository, (octokit, at) =>
      octokit.rest.repos.getCollaboratorPermissionLevel({ ...at, username: login }),
    ),
  );
  const permission = found?.data.permission;
  if (permission === 'write' && found?.data.user?.permissions?.maintain === true) return 'maintain';
  return permission === 'admin' || permission === 'write' || permission === 'read' ? permission : 'none';
}
