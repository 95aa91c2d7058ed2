import { type Kysely, sql } from 'kysely';

/** Frozen: what has shipped is changed by a later migration, never here. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `alter table workers add column place text, add column start_time text`,
  `alter table applies add column place text, add column engine_ended_at timestamptz`,
  // Of those that ended before there was the column, nobody is at work any more.
  `update applies set engine_ended_at = ended_at`,
  `create index applies_engine_may_run on applies (place) where engine_ended_at is null`,
];
