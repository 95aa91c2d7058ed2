import { type Kysely, sql } from 'kysely';

/** A stack's runs of one status or type are found without reading its whole history. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`create index runs_by_stack_and_status on runs (stack_id, status, number desc)`.execute(db);
  await sql`create index runs_by_stack_and_type on runs (stack_id, type, number desc)`.execute(db);
}
