import { type Kysely, sql } from 'kysely';

/** Which engines a worker found, so that a person sees why a run that wants another one fails. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table workers add column engines text[] not null default '{}'`.execute(db);
}
