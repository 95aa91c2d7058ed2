import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { Database, StackHoldsTable } from './schema.ts';

export type StackHold = Selectable<StackHoldsTable>;
type Db = Kysely<Database> | Transaction<Database>;

export async function listHolds(db: Db, stackIds: string[]): Promise<StackHold[]> {
  if (stackIds.length === 0) return [];
  return db
    .selectFrom('stack_holds')
    .selectAll()
    .where('stack_id', 'in', stackIds)
    .where('released_at', 'is', null)
    .orderBy('id')
    .execute();
}

export interface NewHold {
  stack_id: string;
  reason: StackHold['reason'];
  pull_request_number: number | null;
  run_id: string | null;
  note: string;
  created_by: string;
}

/** Holds the stack; a hold for the same reason that is there already stays as it is. */
export async function holdStack(trx: Transaction<Database>, hold: NewHold): Promise<void> {
  await trx
    .insertInto('stack_holds')
    .values(hold)
    .onConflict((conflict) => conflict.columns(['stack_id', 'reason']).where('released_at', 'is', null).doNothing())
    .execute();
}

/** The ids of those that were still there. */
export async function releaseHolds(db: Db, ids: number[], by: string): Promise<number[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .updateTable('stack_holds')
    .set({ released_at: sql`now()`, released_by: by })
    .where('id', 'in', ids)
    .where('released_at', 'is', null)
    .returning('id')
    .execute();
  return rows.map((row) => row.id);
}

/** The holds that a pull request has on stacks of its repository. */
export async function listPullRequestHolds(db: Db, repositoryId: number, number: number): Promise<StackHold[]> {
  return db
    .selectFrom('stack_holds')
    .innerJoin('stacks', 'stacks.id', 'stack_holds.stack_id')
    .selectAll('stack_holds')
    .where('stacks.repository_id', '=', repositoryId)
    .where('stack_holds.pull_request_number', '=', number)
    .where('stack_holds.reason', '=', 'pull_request')
    .where('stack_holds.released_at', 'is', null)
    .execute();
}
