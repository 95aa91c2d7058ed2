import type { Kysely, Selectable, Transaction } from 'kysely';
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
