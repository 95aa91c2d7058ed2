import { type GitHub, orUndefined } from './github.ts';

/** The App's installation as GitHub knows it now; undefined where the App was taken off. */
export async function findInstallationNow(
  github: GitHub,
  installationId: number,
): Promise<{ account: string; suspendedAt: Date | null } | undefined> {
  const found = await orUndefined(
    github.readAsApp((octokit) => octokit.rest.apps.getInstallation({ installation_id: installationId })),
  );
  if (!found) return undefined;
  const { account, suspended_at } = found.data;
  return { account: accountName(account), suspendedAt: suspended_at ? new Date(suspended_at) : null };
}

/** A user or organisation has a login, an enterprise a slug. */
function accountName(account: object | null): string {
  if (account && 'login' in account) return String(account.login);
  return account && 'slug' in account ? String(account.slug) : '';
}
