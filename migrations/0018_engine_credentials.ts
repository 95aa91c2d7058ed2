import { type Kysely, sql } from 'kysely';

/**
 * The state credential that an engine has, sealed: a worker that takes over another's apply masks it in the rest of the
 * engine's output, as the first one did.
 */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table state_credentials add column token bytea`.execute(db);
}
