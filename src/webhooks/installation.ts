import type { EmitterWebhookEvent } from '@octokit/webhooks';
import { removeRepositories, removeRepositoriesOf } from '../db/repositories.ts';
import type { WebhookDeps } from './deps.ts';

/** The App was installed, removed, suspended or unsuspended. Repositories are recorded when something happens in them. */
export async function onInstallation(
  deps: WebhookDeps,
  { payload }: EmitterWebhookEvent<'installation'>,
): Promise<string> {
  const { installation, action } = payload;
  const account = accountName(installation.account);
  const now = new Date();
  const ends = {
    deleted_at: action === 'deleted' ? now : null,
    suspended_at: action === 'suspend' ? now : null,
  };
  await deps.db
    .insertInto('installations')
    .values({ id: installation.id, account, ...ends })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ account, ...ends }))
    .execute();
  if (action === 'deleted') await removeRepositoriesOf(deps.db, installation.id);
  return `installation ${action}`;
}

export async function onInstallationRepositories(
  deps: WebhookDeps,
  { payload }: EmitterWebhookEvent<'installation_repositories'>,
): Promise<string> {
  const gone = payload.repositories_removed.flatMap((repository) => repository.id ?? []);
  await removeRepositories(deps.db, gone);
  return `${payload.repositories_added.length} repositories added, ${gone.length} removed`;
}

/** A user or organisation has a login, an enterprise a slug. */
function accountName(account: object | null): string {
  if (account && 'login' in account) return String(account.login);
  return account && 'slug' in account ? String(account.slug) : '';
}
