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

export interface InstallationNow {
  id: number;
  suspendedAt: Date | null;
}

/** Everything the App is installed on, by GitHub's word. */
export async function listInstallations(github: GitHub): Promise<InstallationNow[]> {
  const all = await github.readAsApp((octokit) =>
    octokit.paginate(octokit.rest.apps.listInstallations, { per_page: 100 }),
  );
  return all.map(({ id, suspended_at: at }) => ({ id, suspendedAt: at ? new Date(at) : null }));
}

export interface RepositoryNow {
  id: number;
  owner: string;
  name: string;
  defaultBranch: string;
  private: boolean;
}

/** The repositories that an installation may see: under the names, and of the owner, that they have now. */
export async function listRepositoriesOf(github: GitHub, installationId: number): Promise<RepositoryNow[]> {
  const all = await github.readAs(installationId, (octokit) =>
    octokit.paginate(octokit.rest.apps.listReposAccessibleToInstallation, { per_page: 100 }),
  );
  return all.map((repository) => ({
    id: repository.id,
    owner: repository.owner.login,
    name: repository.name,
    defaultBranch: repository.default_branch,
    private: repository.private,
  }));
}
