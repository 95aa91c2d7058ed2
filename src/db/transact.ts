import { type Kysely, sql, type Transaction } from 'kysely';
import pg from 'pg';
import { isOutdated } from './prepared.ts';
import type { Database } from './schema.ts';

/** PostgreSQL's codes for a transaction that was undone because of another: serialization failure, deadlock. */
const undone = new Set(['40001', '40P01']);
const mostTries = 5;

/**
 * A transaction, done again when PostgreSQL undid it for another's sake. So `work` may run more than once: it must do
 * nothing but write to the database.
 */
export async function transact<T>(db: Kysely<Database>, work: (trx: Transaction<Database>) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      if (!isUndone(error) || tries === mostTries) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 50 * tries));
    }
  }
}

function isUndone(error: unknown): boolean {
  return (error instanceof pg.DatabaseError && undone.has(error.code ?? '')) || isOutdated(error);
}

/**
 * As `transact`, for what must not be forgotten once it is said to be done, whatever the server's setting: a state that
 * was taken, a plan that was used.
 */
export async function transactDurably<T>(
  db: Kysely<Database>,
  work: (trx: Transaction<Database>) => Promise<T>,
): Promise<T> {
  return transact(db, async (trx) => {
    await sql`set local synchronous_commit = on`.execute(trx);
    return work(trx);
  });
}
