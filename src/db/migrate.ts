import { runMigrations } from 'graphile-worker';
import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import type pg from 'pg';
import { migrations } from '../../migrations/index.ts';
import type { Database } from './schema.ts';

/**
 * Brings the database to this version: graphile-worker's tables, then ours. Safe to call from several processes at
 * once (each side takes a lock). Throws with the name of the migration that failed, or with what to do about a database
 * that cannot be reached.
 */
export async function migrate(db: Kysely<Database>, pool: pg.Pool): Promise<string[]> {
  await reach(pool);
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

async function reach(pool: pg.Pool): Promise<void> {
  try {
    await pool.query('select 1');
  } catch (error) {
    // A name with several addresses fails with an error of its own for each, and an empty message above them.
    const { message, code } = error as NodeJS.ErrnoException;
    throw new Error(
      `The database cannot be used: ${message || code}. Is the PostgreSQL of DATABASE_URL up, and are user, password and name right? Without DATABASE_URL the embedded one is used.`,
      { cause: error },
    );
  }
}

/** Names of migrations that this version has and the database has not. */
export async function pendingMigrations(db: Kysely<Database>): Promise<string[]> {
  const all = await migratorFor(db).getMigrations();
  return all.filter((migration) => migration.executedAt === undefined).map((migration) => migration.name);
}

function migratorFor(db: Kysely<Database>): Migrator {
  return new Migrator({ db, provider: { getMigrations: async () => migrations } });
}
