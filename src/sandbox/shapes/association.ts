import type { components } from '@octokit/openapi-types';
import type { Account, Repository } from '../store.ts';

/** How an account stands to a repository. Not a permission: GitHub says COLLABORATOR of people who may only read. */
export function authorAssociation(
  repository: Repository,
  account: Account,
): components['schemas']['author-association'] {
  if (account.id === repository.owner.id) return 'OWNER';
  const role = repository.permissions.get(account.login.toLowerCase());
  return role === undefined || role === 'none' ? 'NONE' : 'COLLABORATOR';
}
