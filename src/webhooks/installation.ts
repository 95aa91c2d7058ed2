import type { EmitterWebhookEvent } from '@octokit/webhooks';
import { findRepository, listRepositories } from '../db/repositories.ts';
import { findRepositoryNow } from '../github/contents.ts';
import { findInstallationNow } from '../github/installations.ts';
import { endRepositories } from '../triggers/end-repositories.ts';
import type { WebhookDeps } from './deps.ts';

/**
 * The App was installed, removed, suspended or unsuspended. GitHub is asked which: a webhook that is sent again would
 * take the App off where it is installed, and silence it. Repositories are recorded when something happens in them.
 */
export async function onInstallation(
  deps: WebhookDeps,
  { payload }: EmitterWebhookEvent<'installation'>,
): Promise<string> {
  const { id } = payload.installation;
  const now = await findInstallationNow(deps.github, id);
  if (!now) {
    await deps.db.updateTable('installations').set({ deleted_at: new Date() }).where('id', '=', id).execute();
    const theirs = (await listRepositories(deps.db)).filter((one) => one.installation_id === id);
    await endRepositories(
      deps,
      theirs.map((one) => one.id),
    );
    return `installation ${id} is gone`;
  }
  const row = { account: now.account, suspended_at: now.suspendedAt, deleted_at: null };
  await deps.db
    .insertInto('installations')
    .values({ id, ...row })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
  return `installation ${id} is there`;
}

export async function onInstallationRepositories(
  deps: WebhookDeps,
  { payload }: EmitterWebhookEvent<'installation_repositories'>,
): Promise<string> {
  const gone: number[] = [];
  for (const { id } of payload.repositories_removed) {
    if (id !== undefined && (await isGone(deps, { id, installationId: payload.installation.id }))) gone.push(id);
  }
  await endRepositories(deps, gone);
  return `${payload.repositories_added.length} repositories added, ${gone.length} removed`;
}

/** Whether a repository that we know by this installation cannot be seen with it any more. */
async function isGone(deps: WebhookDeps, { id, installationId }: { id: number; installationId: number }) {
  const known = await findRepository(deps.db, id);
  if (known?.installation_id !== installationId) return false;
  const { owner, name } = known;
  return (await findRepositoryNow(deps.github, { installationId, owner, name }))?.id !== id;
}
