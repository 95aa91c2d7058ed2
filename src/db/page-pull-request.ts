import type { Kysely, Selectable } from 'kysely';
import type { Database, PullRequestsTable } from './schema.ts';

export type PagePullRequest = Selectable<PullRequestsTable> & { owner: string; repository: string };

/** GitHub's names are compared without regard to case, as GitHub does. */
export async function findPagePullRequest(
  db: Kysely<Database>,
  at: { owner: string; repository: string; number: number },
): Promise<PagePullRequest | undefined> {
  return db
    .selectFrom('pull_requests')
    .innerJoin('repositories', 'repositories.id', 'pull_requests.repository_id')
    .selectAll('pull_requests')
    .select(['repositories.owner', 'repositories.name as repository'])
    .where('repositories.owner', 'ilike', at.owner.replace(/[\\%_]/g, '\\$&'))
    .where('repositories.name', 'ilike', at.repository.replace(/[\\%_]/g, '\\$&'))
    .where('pull_requests.number', '=', at.number)
    .orderBy('repositories.removed_at', (order) => order.desc().nullsFirst())
    .limit(1)
    .executeTakeFirst();
}
