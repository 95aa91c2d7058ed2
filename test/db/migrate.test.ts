import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import pino from 'pino';
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
