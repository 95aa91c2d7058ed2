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
  await refuseEncoding(pool);
  await runMigrations({ pgPool: pool }).catch(async (error) => {
    throw await describeRefusal(pool, cannot, error);
  });
  const { error, results = [] } = await migratorFor(db).migrateToLatest();
  if (error) {
    const later = await laterMigrations(db);
    if (later.length > 0)
      throw new Error(
        `The database is of a later version of Zenfra: it has ${later.join(', ')}, which this one does not know. Start that version or a later one; nothing was changed.`,
      );
    const failed = results.find((result) => result.status === 'Error');
    const what = failed ? `Migration ${failed.migrationName} failed, and nothing of it was kept` : cannot;
    throw await describeRefusal(pool, what, error);
  }
  await refuseForOthersJobs(pool);
  return results.map((result) => result.migrationName);
}

const cannot = 'The database cannot be brought up to date';

/** None where there is no list of them yet: why it could not be made is what is told. */
async function laterMigrations(db: Kysely<Database>): Promise<string[]> {
  const { rows } = await sql<{ there: boolean }>`select to_regclass('kysely_migration') is not null as there`.execute(
    db,
  );
  if (!rows[0]?.there) return [];
  const { rows: made } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return made.map(({ name }) => name).filter((name) => !Object.hasOwn(migrations, name));
}

/** PostgreSQL's code for what a role may not do. Since version 15 a role makes no tables in a database of another's. */
const insufficientPrivilege = '42501';

async function describeRefusal(pool: pg.Pool, what: string, cause: unknown): Promise<Error> {
  const { message, code } = cause as NodeJS.ErrnoException;
  const said = `${what}: ${message}.`;
  if (code !== insufficientPrivilege) return new Error(said, { cause });
  const { rows } = await pool.query(
    "select format('alter database %I owner to %I', current_database(), current_user) as statement",
  );
  const advice = `DATABASE_URL needs the role that owns the database and what Zenfra has made in it. In a new database: ${rows[0].statement}.`;
  return new Error(`${said} ${advice}`, { cause });
}

/** graphile-worker's tables have row security: a role that does not own them may be granted all, and is shown nothing. */
async function refuseForOthersJobs(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query(
    `select quote_ident(current_user) as role, quote_ident(pg_get_userbyid(relowner)) as owner
     from pg_class where oid = 'graphile_worker._private_jobs'::regclass and row_security_active(oid)`,
  );
  if (rows.length === 0) return;
  const { role, owner } = rows[0];
  throw new Error(
    `The database cannot be used: the tables of jobs belong to ${owner}, and show ${role} no rows. Give DATABASE_URL the role ${owner}, or this one what it has: grant ${owner} to ${role}.`,
  );
}

async function reach(pool: pg.Pool): Promise<void> {
  try {
    await pool.query('select 1');
  } catch (error) {
    // A name with several addresses fails with an error of its own for each, and an empty message above them.
    const { message, code } = error as NodeJS.ErrnoException;
    throw new Error(`The database cannot be used: ${message || code}. ${adviceFor(code)}`, { cause: error });
  }
}

/** Node's and OpenSSL's codes for a certificate that no authority which this machine knows has signed. */
const unknownAuthority = /SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER_CERT|VERIFY_LEAF)/;

function adviceFor(code = ''): string {
  if (unknownAuthority.test(code))
    return "Get the certificate of the authority that signed the server's (who runs it has it for download), and name it at the end of DATABASE_URL: sslmode=verify-full&sslrootcert=PATH.";
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return "Write the host in DATABASE_URL as the server's certificate names it. Where it names none, uselibpqcompat=true&sslmode=verify-ca&sslrootcert=PATH asks for its authority alone.";
  return 'Is the PostgreSQL of DATABASE_URL up, and are user, password and name right? Without DATABASE_URL the embedded one is used.';
}

/** In one of a single language no branch or log with a letter of another can be stored. SQL_ASCII keeps what it is given. */
async function refuseEncoding(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query(
    "select current_setting('server_encoding') as encoding, quote_ident(current_database()) as name",
  );
  const { encoding, name } = rows[0];
  if (encoding === 'UTF8' || encoding === 'SQL_ASCII') return;
  throw new Error(
    `The database cannot be used: ${name} has the encoding ${encoding}, in which most languages cannot be written. Make one with UTF8: create database NAME encoding 'UTF8' locale 'C.UTF-8' template template0.`,
  );
}

/** Names of migrations that this version has and the database has not. */
export async function pendingMigrations(db: Kysely<Database>): Promise<string[]> {
  const all = await migratorFor(db).getMigrations();
  return all.filter((migration) => migration.executedAt === undefined).map((migration) => migration.name);
}

function migratorFor(db: Kysely<Database>): Migrator {
  return new Migrator({ db, provider: { getMigrations: async () => migrations } });
}
