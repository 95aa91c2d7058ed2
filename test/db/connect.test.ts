import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import pino from 'pino';
import { isDatabaseAway } from '../../src/db/away.ts';
import { connect } from '../../src/db/connect.ts';
import { oneAtATime } from '../../src/db/one-at-a-time.ts';
import { createTestDatabase } from '../support/database.ts';
import { eventually } from '../support/patience.ts';

const database = await createTestDatabase();
const { db } = connect(database.url, pino({ level: 'silent' }), { queryTimeoutMs: 500 });
after(async () => {
  await db.destroy();
  await database.drop();
});

const pidOf = sql<{ pid: number }>`select pg_backend_pid() as pid`;

test('a lock that a server which hung grants too late is held by nobody', async () => {
  const { rows } = await pidOf.execute(db);
  const pid = rows[0]?.pid ?? 0;
  process.kill(pid, 'SIGSTOP');
  const hung = oneAtATime(db, 'a thing', async () => assert.fail('it has no lock')).finally(() =>
    process.kill(pid, 'SIGCONT'),
  );
  await assert.rejects(hung, isDatabaseAway);
  await eventually('the connection to be gone', async () => {
    const { rows } = await sql`select from pg_stat_activity where pid = ${pid}`.execute(database.db);
    return rows.length === 0 || undefined;
  });
  assert.notEqual((await pidOf.execute(db)).rows[0]?.pid, pid);
});
