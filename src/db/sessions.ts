import { type Kysely, type Selectable, sql } from 'kysely';
import type { Database, SessionsTable } from './schema.ts';

export type Session = Selectable<SessionsTable>;

export const sessionHours = 8;

/** Begins a session of eight hours, by the database's clock, and forgets those that have ended. */
export async function insertSession(
  db: Kysely<Database>,
  session: Pick<Session, 'id' | 'login' | 'github_id' | 'github_token'>,
): Promise<void> {
  await db.deleteFrom('sessions').where('expires_at', '<', sql<Date>`clock_timestamp()`).execute();
  const ends = sql<Date>`clock_timestamp() + make_interval(hours => ${sessionHours})`;
  await db
    .insertInto('sessions')
    .values({ ...session, expires_at: ends })
    .execute();
}

/** Undefined once it has ended. */
export async function findSession(db: Kysely<Database>, id: string): Promise<Session | undefined> {
  return db
    .selectFrom('sessions')
    .selectAll()
    .where('id', '=', id)
    .where('expires_at', '>', sql<Date>`clock_timestamp()`)
    .executeTakeFirst();
}

export async function deleteSession(db: Kysely<Database>, id: string): Promise<void> {
  await db.deleteFrom('sessions').where('id', '=', id).execute();
}
