import { type Kysely, sql } from 'kysely';

/** Frozen: what has shipped is changed by a later migration, never here. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  'alter table state_versions add column holds_resources boolean',
  'alter table repositories add column known_since timestamptz not null default clock_timestamp()',
  // More is read of a configuration file than was kept; what is not there is read again.
  'delete from module_files',
];
