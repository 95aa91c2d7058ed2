import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

/**
 * Lets one process at a time act on the thing that `about` names, where two at once would act on what the other is
 * about to change: each finds that a comment is missing and makes it, or the one that has read an older head writes
 * last. A lock of the database's session, so it ends with a process that dies. What `act` resolves with is returned.
 *
 * Several things are taken in the order given, by one connection: one call within another would hold two, and as many
 * calls as the pool has connections would wait for each other.
 */
export async function oneAtATime<T>(
  db: Kysely<Database>,
  about: string | readonly string[],
  act: () => Promise<T>,
): Promise<T> {
  return db.connection().execute(async (connection) => {
    const taken: string[] = [];
    try {
      for (const one of [about].flat()) {
        await sql`select pg_advisory_lock(hashtextextended(${one}, 0))`.execute(connection);
        taken.push(one);
      }
      return await act();
    } finally {
      for (const one of taken) await sql`select pg_advisory_unlock(hashtextextended(${one}, 0))`.execute(connection);
    }
  });
}

/** As `oneAtATime`, for what need not be done again when another process does it: then nothing is done. */
export async function unlessAtIt(db: Kysely<Database>, about: string, act: () => Promise<void>): Promise<void> {
  await db.connection().execute(async (connection) => {
    const { rows } = await sql<{ mine: boolean }>`
      select pg_try_advisory_lock(hashtextextended(${about}, 0)) as mine`.execute(connection);
    if (!rows[0]?.mine) return;
    try {
      await act();
    } finally {
      await sql`select pg_advisory_unlock(hashtextextended(${about}, 0))`.execute(connection);
    }
  });
}
