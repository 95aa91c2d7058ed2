import { type Kysely, sql } from 'kysely';

/** Frozen: what has shipped is changed by a later migration, never here. */
export async function up(db: Kysely<never>): Promise<void> {
  // What zenfra.yml grants to stacks that do not say otherwise: it holds for those that only a pull request has.
  await sql`alter table repositories add column default_rights jsonb`.execute(db);
}
