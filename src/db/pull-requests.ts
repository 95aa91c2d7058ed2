import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { ActedOn, Database, PullRequestsTable } from './schema.ts';
import { toJsonb } from './to-jsonb.ts';

export type PullRequest = Selectable<PullRequestsTable>;
type Db = Kysely<Database> | Transaction<Database>;

export type SeenPullRequest = Pick<
  PullRequest,
  'repository_id' | 'number' | 'title' | 'author' | 'head_sha' | 'head_ref' | 'base_ref' | 'state' | 'draft' | 'fork'
>;

/** Records a pull request as GitHub's API just described it. */
export async function upsertPullRequest(db: Db, seen: SeenPullRequest): Promise<PullRequest> {
  const { repository_id: _, number: __, ...columns } = seen;
  return db
    .insertInto('pull_requests')
    .values(seen)
    .onConflict((conflict) =>
      conflict.columns(['repository_id', 'number']).doUpdateSet({ ...columns, updated_at: sql`now()` }),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function findPullRequest(db: Db, repositoryId: number, number: number): Promise<PullRequest | undefined> {
  return db
    .selectFrom('pull_requests')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('number', '=', number)
    .executeTakeFirst();
}

/**
 * Whether a pull request is open, as last recorded, and keeps it so until the transaction has ended. Undefined if it was
 * never seen.
 */
export async function lockPullRequestState(
  trx: Transaction<Database>,
  repositoryId: number,
  number: number,
): Promise<PullRequest['state'] | undefined> {
  const row = await trx
    .selectFrom('pull_requests')
    .select('state')
    .where('repository_id', '=', repositoryId)
    .where('number', '=', number)
    .forShare()
    .executeTakeFirst();
  return row?.state;
}

type Named = Pick<PullRequest, 'repository_id' | 'number'>;

/** Notes that its comment was just written. */
export async function noteReported(db: Db, pull: Named): Promise<void> {
  await db
    .updateTable('pull_requests')
    .set({ reported_at: sql`clock_timestamp()` })
    .where('repository_id', '=', pull.repository_id)
    .where('number', '=', pull.number)
    .execute();
}

/** Milliseconds since its comment was last written, by the database's clock: another server may have done it. */
export async function sinceReportedMs(db: Db, pull: Named): Promise<number> {
  const row = await db
    .selectFrom('pull_requests')
    .select(sql<number | null>`extract(epoch from clock_timestamp() - reported_at)::float8 * 1000`.as('since'))
    .where('repository_id', '=', pull.repository_id)
    .where('number', '=', pull.number)
    .executeTakeFirst();
  return row?.since ?? Number.POSITIVE_INFINITY;
}

/** What was found when the pull request's stacks were worked out: shown in its comment and aggregate check. */
export async function setPullRequestFindings(
  db: Db,
  pull: { repository_id: number; number: number },
  found: Pick<PullRequest, 'affected' | 'rules' | 'notes' | 'config_error'>,
): Promise<void> {
  await db
    .updateTable('pull_requests')
    .set({
      config_error: found.config_error && toJsonb(found.config_error),
      notes: toJsonb(found.notes),
      affected: toJsonb(found.affected),
      rules: toJsonb(found.rules),
    })
    .where('repository_id', '=', pull.repository_id)
    .where('number', '=', pull.number)
    .execute();
}

/** A stack has got another name: what pull requests touch of it, they touch by that now. */
export async function renameAffected(
  trx: Transaction<Database>,
  { repositoryId, from, to }: { repositoryId: number; from: string; to: string },
): Promise<void> {
  const renamed = sql`case when one->>'name' = ${from} then one || jsonb_build_object('name', ${to}::text) else one end`;
  await trx
    .updateTable('pull_requests')
    .set({
      affected: sql`(select jsonb_agg(${renamed} order by place) from jsonb_array_elements(affected) with ordinality as each (one, place))`,
    })
    .where('repository_id', '=', repositoryId)
    .where(sql<boolean>`affected @> ${toJsonb([{ name: from }])}::jsonb`)
    .execute();
}

/** Records a pull request that somebody speaks of, unless it is known: what is known is kept up by whoever acts on it. */
export async function noticePullRequest(db: Db, seen: SeenPullRequest): Promise<void> {
  await db
    .insertInto('pull_requests')
    .values(seen)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Those that are open as far as we know. */
export async function listOpenPullRequestRows(db: Db, repositoryId: number): Promise<PullRequest[]> {
  return db
    .selectFrom('pull_requests')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('state', '=', 'open')
    .execute();
}

/** The numbers of those that are open with this head, as far as we know, the oldest first. */
export async function listOpenWithHead(db: Db, repositoryId: number, headSha: string): Promise<number[]> {
  const rows = await db
    .selectFrom('pull_requests')
    .select('number')
    .where('repository_id', '=', repositoryId)
    .where('head_sha', '=', headSha)
    .where('state', '=', 'open')
    .orderBy('number')
    .execute();
  return rows.map(({ number }) => number);
}

export async function listPullRequestRows(db: Db, repositoryId: number): Promise<PullRequest[]> {
  return db.selectFrom('pull_requests').selectAll().where('repository_id', '=', repositoryId).execute();
}

export async function setActedOn(
  db: Db,
  pull: { repositoryId: number; number: number; actedOn: Omit<ActedOn, 'at'> },
): Promise<void> {
  const actedOn = toJsonb(pull.actedOn);
  await db
    .updateTable('pull_requests')
    .set({ acted_on: sql`${actedOn}::jsonb || jsonb_build_object('at', clock_timestamp())` })
    .where('repository_id', '=', pull.repositoryId)
    .where('number', '=', pull.number)
    .execute();
}
