import { type Kysely, sql } from 'kysely';
import type { Database } from '../db/schema.ts';

/**
 * Lets one process at a time report about one thing: two at once would each find that a comment is missing and make
 * it. A lock of the database's session, so it ends with a process that dies.
 */
export async function oneAtATime(db: Kysely<Database>, about: string, report: () => Promise<void>): Promise<void> {
  await db.connection().execute(async (connection) => {
    await sql`select pg_advisory_lock(hashtextextended(${`report:${about}`}, 0))`.execute(connection);
    try {
      await report();
    } finally {
      await sql`select pg_advisory_unlock(hashtextextended(${`report:${about}`}, 0))`.execute(connection);
    }
  });
}
