import { type Kysely, sql } from 'kysely';

/** A branch's head that was there when the branch was first looked at, and not acted on. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table branch_heads add column noticed boolean not null default false`.execute(db);
}
