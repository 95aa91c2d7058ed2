import { type ExpressionBuilder, type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import { finalStatuses } from '../run/transition.ts';
import type { Database, StacksTable } from './schema.ts';

export type Stack = Selectable<StacksTable>;
type Db = Kysely<Database> | Transaction<Database>;

export async function listStacks(db: Db, repositoryId: number): Promise<Stack[]> {
  return db
    .selectFrom('stacks')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('removed_at', 'is', null)
    .orderBy('name')
    .execute();
}

/** Those that a pull request holds or has runs on that have not ended, whatever its head touches and zenfra.yml names now. */
export async function listStacksInHand(db: Db, repositoryId: number, pullRequest: number): Promise<Stack[]> {
  const withRuns = db
    .selectFrom('runs')
    .select('stack_id')
    .where('repository_id', '=', repositoryId)
    .where('pull_request_number', '=', pullRequest)
    .where('status', 'not in', finalStatuses);
  const held = db
    .selectFrom('stack_holds')
    .select('stack_id')
    .where('pull_request_number', '=', pullRequest)
    .where('released_at', 'is', null);
  return db
    .selectFrom('stacks')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('id', 'in', withRuns.union(held))
    .orderBy('name')
    .execute();
}

/**
 * What would be lost, or made twice, without the stack: its newest state holds resources, or it is not known whether. Of
 * one that cannot be read it is known where a destroy run has written it, and came to its end.
 */
export function holdsResources(eb: ExpressionBuilder<Database, 'stacks'>) {
  const newest = eb
    .selectFrom('state_versions')
    .leftJoin('runs', 'runs.id', 'state_versions.run_id')
    .select(['state_versions.holds_resources', destroyedAll.as('destroyed_all')])
    .whereRef('state_versions.stack_id', '=', 'stacks.id')
    .orderBy('state_versions.serial', 'desc')
    .limit(1)
    .as('newest');
  return eb.exists(
    eb
      .selectFrom(newest)
      .select('newest.holds_resources')
      .where(sql<boolean>`coalesce(newest.holds_resources, not newest.destroyed_all)`),
  );
}

/** Of a version's run, which may be none. */
export const destroyedAll = sql<boolean>`(runs.id is not null and runs.type = 'destroy' and runs.status = 'finished')`;

/** The names of those of these stacks that something exists of: see `holdsResources`. */
export async function listHolding(db: Db, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('stacks')
    .select('name')
    .where('id', 'in', ids)
    .where(holdsResources)
    .orderBy('name')
    .execute();
  return rows.map(({ name }) => name);
}

export async function findStack(db: Db, id: string): Promise<Stack | undefined> {
  return db.selectFrom('stacks').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function getStack(db: Db, id: string): Promise<Stack> {
  return db.selectFrom('stacks').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

/** The stack's row is locked before any of its runs': one order everywhere, so no two transactions wait for each other. */
export async function lockStack(trx: Transaction<Database>, id: string): Promise<void> {
  await trx.selectFrom('stacks').select('id').where('id', '=', id).forNoKeyUpdate().execute();
}

/** As `lockStack`, for the stack of a run. Returns its id, or undefined if there is no such run. */
export async function lockStackOfRun(trx: Transaction<Database>, runId: string): Promise<string | undefined> {
  const locked = await trx
    .selectFrom('stacks')
    .select('id')
    .where('id', '=', (row) => row.selectFrom('runs').select('stack_id').where('runs.id', '=', runId))
    .forNoKeyUpdate()
    .executeTakeFirst();
  return locked?.id;
}
