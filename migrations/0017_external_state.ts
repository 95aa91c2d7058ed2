import { type Kysely, sql } from 'kysely';

/** Frozen: what has shipped is changed by a later migration, never here. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  // Lineage and serial of the state that a plan was made from, where the repository's own backend keeps it.
  `alter table plans add column external_state jsonb`,
];
