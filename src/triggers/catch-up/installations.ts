import { type Installation, listInstallationsInUse, setInstallationEnds } from '../../db/installations.ts';
import { listOpenPullRequestRows } from '../../db/pull-requests.ts';
import { listRepositories, type Repository, upsertRepository } from '../../db/repositories.ts';
import { requestPullRequestReport } from '../../db/request-report.ts';
import { listInstallations, listRepositoriesOf, type RepositoryNow } from '../../github/installations.ts';
import type { TriggerDeps } from '../deps.ts';
import { endRepositories } from '../end-repositories.ts';

/** Does something whose failure keeps nothing of the rest back; `about` is for the log. */
export type Tolerant = (about: object, act: () => Promise<void>) => Promise<void>;

/** Brings installations and their repositories to what GitHub says: taken off, suspended, renamed, transferred, given back. */
export async function catchUpInstallations(deps: TriggerDeps, tolerant: Tolerant): Promise<void> {
  // Read first: one that is made while GitHub is asked is not missing.
  const known = await listInstallationsInUse(deps.db);
  if (known.length === 0) return;
  const now = new Map((await listInstallations(deps.github)).map((one) => [one.id, one]));
  for (const installation of known) {
    const seen = now.get(installation.id);
    await tolerant({ installation: installation.id }, () =>
      seen ? catchUpInstallation(deps, installation, seen.suspendedAt) : endInstallation(deps, installation),
    );
  }
}

async function endInstallation(deps: TriggerDeps, { id }: Installation): Promise<void> {
  deps.log.warn({ installation: id }, 'the App is not installed there any more');
  await setInstallationEnds(deps.db, id, { deletedAt: new Date(), suspendedAt: null });
  const theirs = (await listRepositories(deps.db)).filter((one) => one.installation_id === id && !one.removed_at);
  await endRepositories(
    deps,
    theirs.map((one) => one.id),
  );
}

async function catchUpInstallation(deps: TriggerDeps, known: Installation, suspendedAt: Date | null): Promise<void> {
  if ((known.suspended_at === null) !== (suspendedAt === null))
    await setInstallationEnds(deps.db, known.id, { deletedAt: null, suspendedAt });
  if (suspendedAt) return;
  const rows = await listRepositories(deps.db);
  const seen = new Map((await listRepositoriesOf(deps.github, known.id)).map((one) => [one.id, one]));
  const gone = rows.filter((row) => row.installation_id === known.id && !row.removed_at && !seen.has(row.id));
  await endRepositories(
    deps,
    gone.map((row) => row.id),
  );
  for (const row of rows) {
    const repository = seen.get(row.id);
    if (repository && !isAsSeen(row, known.id, repository)) await follow(deps, known, { row, repository });
  }
}

function isAsSeen(row: Repository, installationId: number, seen: RepositoryNow): boolean {
  return (
    row.installation_id === installationId &&
    row.removed_at === null &&
    row.owner === seen.owner &&
    row.name === seen.name &&
    row.default_branch === seen.defaultBranch &&
    row.private === seen.private
  );
}

/** Under its new name, or back: what could not be told meanwhile is told now. */
async function follow(
  deps: TriggerDeps,
  installation: Installation,
  { row, repository }: { row: Repository; repository: RepositoryNow },
): Promise<void> {
  const { id: installationId, account } = installation;
  await upsertRepository(deps.db, { ...repository, installationId, account });
  if (!row.removed_at) return;
  for (const { number } of await listOpenPullRequestRows(deps.db, row.id))
    await requestPullRequestReport(deps.db, { repositoryId: row.id, number });
}
