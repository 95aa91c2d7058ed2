/** As GitHub's API names the levels. */
export type Permission = 'admin' | 'maintain' | 'write' | 'read' | 'none';

import { findRepositoryNow } from './contents.ts';
import { type GitHub, orUndefined, type RepositoryRef } from './github.ts';

/**
 * What a person may do in a repository, read afresh each time. The collaborator-permission API is the only one that
 * counts: `author_association` says MEMBER of people who cannot write. Its `permission` tells `maintain` as write and
 * `triage` as read; the flags beside it tell who may maintain, custom roles included.
 */
export async function readPermission(github: GitHub, repository: RepositoryRef, login: string): Promise<Permission> {
  return levelOf(await askFor(github, repository, login));
}

/**
 * As `readPermission`, of a repository and an account that we have known for a while, by their ids: a name that is given
 * up may be another's by now, and none of that other's rights hold here.
 */
export async function readPermissionById(
  github: GitHub,
  repository: RepositoryRef & { id: number },
  person: { id: number; login: string },
): Promise<Permission> {
  const [found, now] = await Promise.all([
    askFor(github, repository, person.login),
    findRepositoryNow(github, repository),
  ]);
  return now?.id === repository.id && found?.user?.id === person.id ? levelOf(found) : 'none';
}

async function askFor(github: GitHub, repository: RepositoryRef, login: string) {
  const found = await orUndefined(
    github.read(repository, (octokit, at) =>
      octokit.rest.repos.getCollaboratorPermissionLevel({ ...at, username: login }),
    ),
  );
  return found?.data;
}

function levelOf(found: Awaited<ReturnType<typeof askFor>>): Permission {
  const permission = found?.permission;
  if (permission === 'write' && found?.user?.permissions?.maintain === true) return 'maintain';
  return permission === 'admin' || permission === 'write' || permission === 'read' ? permission : 'none';
}
