import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import pino from 'pino';
import { migrations } from '../../migrations/index.ts';
import { connect } from '../../src/db/connect.ts';
import { migrate } from '../../src/db/migrate.ts';
import { createTestDatabase } from '../support/database.ts';

const database = await createTestDatabase();
after(() => database.drop());

/** The reason that a start with this address ends with. */
async function refusalOf(url: string): Promise<string> {
  const { db, pool } = connect(url, pino({ level: 'silent' }));
  try {
    await migrate(db, pool);
    return 'it started';
  } catch (error) {
    return (error as Error).message;
  } finally {
    await db.destroy();
  }
}

test('a database that is up to date has nothing to be done', async () => {
  assert.deepEqual(await migrate(database.db, database.pool), []);
});

test('a database that cannot be reached is told with what to look at, and without the password', async () => {
  const advice =
    'Is the PostgreSQL of DATABASE_URL up, and are user, password and name right? Without DATABASE_URL the embedded one is used.';
  assert.equal(
    await refusalOf('postgres://zenfra:hush@127.0.0.1:9/zenfra'),
    `The database cannot be used: connect ECONNREFUSED 127.0.0.1:9. ${advice}`,
  );
  const elsewhere = new URL(database.url);
  elsewhere.pathname = '/nowhere';
  assert.equal(
    await refusalOf(elsewhere.href),
    `The database cannot be used: database "nowhere" does not exist. ${advice}`,
  );
});

/** The beginning of each file's SHA-256. A new migration gets a line; a line that stands is never changed. */
const shipped: Record<string, string> = {
  '0001_initial': '50a60d390f0c1de0',
  '0002_what_was_said_before': 'd6ee1d539830669f',
  '0003_sessions': '79d6eadb20bf56a1',
  '0004_live_pages': 'e75912d1289507a9',
  '0005_worker_engines': '3ce14d35575c3f8a',
  '0006_state_history': '56bcb98d68056665',
  '0010_what_was_acted_on': '267628a19444ce0e',
  '0011_heads_only_noticed': '8ee7d8167fcb3a6e',
  '0012_who_may_still_apply': '5513a33d6d78cb49',
  '0013_runs_by_kind': '26aa876ef3a83510',
  '0014_default_rights': '5d9b2973aa01e2d7',
  '0015_modules_and_order': 'ff1c633281491abd',
  '0016_what_runs_work_with': 'fd2d34030bf2816f',
  '0017_external_state': '97d7a43114ebb249',
  '0018_engine_credentials': 'd73729edca1a5616',
  '0019_bundles': '215fffebbdec4c86',
  '0020_tokens_of_a_stack': '7ea23e5f5fbff6d6',
  '0021_what_is_known_since': '2fd03f2610ff5979',
  '0022_whose_change_it_is': '58937edc09a77bd3',
};

test('a migration that has shipped is not changed: databases that have it would lack what is new in it', async () => {
  const found: Record<string, string> = {};
  for (const name of Object.keys(migrations)) {
    const text = await readFile(join(import.meta.dirname, '../../migrations', `${name}.ts`));
    found[name] = createHash('sha256').update(text).digest('hex').slice(0, 16);
  }
  assert.deepEqual(found, shipped);
});

test('an older version that starts on a database of a later one refuses, and changes nothing', async () => {
  const later = await createTestDatabase();
  try {
    await sql`insert into kysely_migration (name, timestamp) values ('9999_of_a_later_version', '')`.execute(later.db);
    assert.equal(
      await refusalOf(later.url),
      'The database is of a later version of Zenfra: it has 9999_of_a_later_version, which this one does not know. Start that version or a later one; nothing was changed.',
    );
  } finally {
    await later.drop();
  }
});
