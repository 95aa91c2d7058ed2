import { type Kysely, sql } from 'kysely';

/** Frozen: what has shipped is changed by a later migration, never here. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`create index state_credentials_by_stack on state_credentials (stack_id, created_at desc)`.execute(db);
}
