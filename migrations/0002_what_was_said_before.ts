import { type Kysely, sql } from 'kysely';

/**
 * A delivery's meaning tells a webhook that is sent again under a new delivery id; a command's reply is kept until it
 * has been posted.
 */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table deliveries add column meaning text constraint deliveries_meaning_is_new unique`.execute(db);
  await sql`alter table commands add column reply text`.execute(db);
}
