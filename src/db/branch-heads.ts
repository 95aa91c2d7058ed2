import { type Kysely, type Selectable, sql } from 'kysely';
import type { BranchHeadsTable, Database } from './schema.ts';

/** The head up to which a branch was acted on; undefined for one that is new to us. */
export async function findActedHead(
  db: Kysely<Database>,
  repositoryId: number,
  branch: string,
): Promise<Selectable<BranchHeadsTable> | undefined> {
  return db
    .selectFrom('branch_heads')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('branch', '=', branch)
    .executeTakeFirst();
}

export async function setActedHead(
  db: Kysely<Database>,
  head: { repositoryId: number; branch: string; sha: string },
): Promise<void> {
  const columns = { sha: head.sha, acted_at: sql<Date>`clock_timestamp()`, noticed: false };
  await db
    .insertInto('branch_heads')
    .values({ repository_id: head.repositoryId, branch: head.branch, ...columns })
    .onConflict((conflict) => conflict.columns(['repository_id', 'branch']).doUpdateSet(columns))
    .execute();
}

/** Notes what a branch's head is where nothing was acted on: from here on a push without a webhook is found. */
export async function noticeHead(
  db: Kysely<Database>,
  head: { repositoryId: number; branch: string; sha: string },
): Promise<void> {
  await db
    .insertInto('branch_heads')
    .values({
      repository_id: head.repositoryId,
      branch: head.branch,
      sha: head.sha,
      acted_at: sql<Date>`clock_timestamp()`,
      noticed: true,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
