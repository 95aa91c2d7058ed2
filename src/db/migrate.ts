import { runMigrations } from 'graphile-worker';
import { type Kysely, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import type pg from 'pg';
import { migrations } from '../../migrations/index.ts';
import type { Database } from './schema.ts';

/**
 * Brings the database to this version: graphile-worker's tables, then ours. Safe to call from several processes at
 * once (each side takes a lock). Throws with the name of the migration that failed, or with what to do about a database
 * that cannot be reached or is of a later version: an older process that starts in the middle of an upgrade must not
 * write what it thinks is right.
 */
export async function migrate(db: Kysely<Database>, pool: pg.Pool): Promise<string[]> {
  await reach(pool);
  await runMigrations({ pgPool: pool });
  const { error, results = [] } = await migratorFor(db).migrateToLatest();
  if (error) {
    const later = await laterMigrations(db);
    if (later.length > 0)
      throw new Error(
        `The database is of a later version of Zenfra: it has ${later.join(', ')}, which this one does not know. Start that version or a later one; nothing was changed.`,
      );
    const failed = results.find((result) => result.status === 'Error');
    throw new Error(`Migration ${failed?.migrationName ?? '(none started)'} failed; nothing of it was kept`, {
      cause: error,
    });
  }
  return results.map((result) => result.migrationName);
}

async function laterMigrations(db: Kysely<Database>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return rows.map(({ name }) => name).filter((name) => !Object.hasOwn(migrations, name));
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
