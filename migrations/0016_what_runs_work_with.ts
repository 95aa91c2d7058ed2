import { type Kysely, sql } from 'kysely';

/** Frozen: what has shipped is changed by a later migration, never here. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  // Which providers in which versions a plan was made with; of older plans it is not known.
  `alter table plans add column providers jsonb`,
  // How the process keeps runs apart; null of one that only serves.
  `alter table workers add column isolation jsonb`,
];
