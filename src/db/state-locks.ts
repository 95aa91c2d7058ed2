import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { Database, StateLocksTable } from './schema.ts';

export type StateLock = Selectable<StateLocksTable>;

/**
 * Before anything else of a stack's state is locked: its row comes first everywhere. Shared, so that a large write does
 * not keep runs from being looked at; those that end one wait.
 */
export async function shareStack(trx: Transaction<Database>, stackId: string): Promise<void> {
  await trx.selectFrom('stacks').select('id').where('id', '=', stackId).forKeyShare().execute();
}

/** As `shareStack`, but nobody else's: no run saves, locks or starts until the transaction ends. */
export async function ownStack(trx: Transaction<Database>, stackId: string): Promise<void> {
  await trx.selectFrom('stacks').select('id').where('id', '=', stackId).forUpdate().execute();
}

/** The stack's lock, held until the transaction ends so that nobody takes or drops it meanwhile. */
export async function lockStateLock(trx: Transaction<Database>, stackId: string): Promise<StateLock | undefined> {
  return trx.selectFrom('state_locks').selectAll().where('stack_id', '=', stackId).forNoKeyUpdate().executeTakeFirst();
}

/** For people, who know runs by their number. */
export type NumberedLock = StateLock & { run_number: number | null };

export async function findStateLock(db: Kysely<Database>, stackId: string): Promise<NumberedLock | undefined> {
  return db
    .selectFrom('state_locks')
    .leftJoin('runs', 'runs.id', 'state_locks.run_id')
    .selectAll('state_locks')
    .select('runs.number as run_number')
    .where('state_locks.stack_id', '=', stackId)
    .executeTakeFirst();
}

/** False if somebody has it. */
export async function insertStateLock(
  trx: Transaction<Database>,
  lock: { stack_id: string; lock_id: string; info: Buffer; run_id: string },
): Promise<boolean> {
  const inserted = await trx
    .insertInto('state_locks')
    .values(lock)
    .onConflict((conflict) => conflict.column('stack_id').doNothing())
    .returning('stack_id')
    .executeTakeFirst();
  return inserted !== undefined;
}

export async function deleteStateLock(trx: Transaction<Database>, stackId: string): Promise<void> {
  await trx.deleteFrom('state_locks').where('stack_id', '=', stackId).execute();
}

/**
 * Whether the lock was left behind: its run's end is recorded, and with that its right to write. An engine that was
 * killed leaves its lock; what keeps others away until somebody has looked is the stack's hold, not this.
 */
export async function isAbandoned(db: Kysely<Database> | Transaction<Database>, lock: StateLock): Promise<boolean> {
  const { live } = await db
    .selectFrom('state_credentials')
    .select(sql<boolean>`count(*) > 0`.as('live'))
    .where('run_id', '=', lock.run_id)
    .where('access', '=', 'write')
    .where('revoked_at', 'is', null)
    .executeTakeFirstOrThrow();
  return !live;
}
