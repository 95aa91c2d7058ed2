import { runMigrations } from 'graphile-worker';
import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import type pg from 'pg';
import { migrations } from '../../migrations/index.ts';
import type { Database } from './schema.ts';

/**
 * Brings the database to this version: graphile-worker's tables, then ours. Safe to call from several processes at
 * once (each side takes a lock). Throws with the name of the migration that failed.
 */
export async function migrate(db: Kysely<Database>, pool: pg.Pool): Promise<string[]> {
  await runMigrations({ pgPool: pool });
  const { error, results = [] } = await migratorFor(db).migrateToLatest();
  if (error) {
    const failed = results.find((result) => result.status === 'Error');
    throw new Error(`Migration ${failed?.migrationName ?? '(none started)'} failed; nothing of it was kept`, {
      cause: error,
    });
  }
  return results.map((result) => result.migrationName);
}

/** Names of migrations that this version has and the database has not. */
export async function pendingMigrations(db: Kysely<Database>): Promise<string[]> {
  const all = await migratorFor(db).getMigrations();
  return all.filter((migration) => migration.executedAt === undefined).map((migration) => migration.name);
}

function migratorFor(db: Kysely<Database>): Migrator {
  return new Migrator({ db, provider: { getMigrations: async () => migrations } });
}
