import { type Kysely, type Selectable, sql } from 'kysely';
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
    .where(sameName('repositories.owner', at.owner))
    .where(sameName('repositories.name', at.repository))
    .where('pull_requests.number', '=', at.number)
    .orderBy('repositories.removed_at', (order) => order.desc().nullsFirst())
    .limit(1)
    .executeTakeFirst();
}

/** Its letters are of ASCII: the database's own collation may have other pairs of case for them, as Turkish has. */
function sameName(column: 'repositories.owner' | 'repositories.name', name: string) {
  return sql<boolean>`lower(${sql.ref(column)} collate "C") = lower(${name}::text collate "C")`;
}
