import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import pg from 'pg';
import pino from 'pino';
import { isDatabaseAway } from '../../src/db/away.ts';
import { connect } from '../../src/db/connect.ts';
import { oneAtATime } from '../../src/db/one-at-a-time.ts';
import { isOutdated } from '../../src/db/prepared.ts';
import { transact } from '../../src/db/transact.ts';
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

test('a server that only reads, as before its disk is full or while another takes its place, is one that is away', async () => {
  const written = transact(db, async (trx) => {
    await sql`set transaction read only`.execute(trx);
    await trx.insertInto('settings').values({ key: 'a', value: 'b' }).execute();
  });
  await assert.rejects(written, isDatabaseAway);
});

test('a pooler whose server is away is one too, and what it says of a mistake is none', async () => {
  const text = 'SFATAL\0VFATAL\0C08P01\0Mserver login has been failing, try again later (server_login_retry)\0\0';
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + text.length);
  const pooler = createServer((socket) => void socket.once('data', () => socket.end(`E${length.toString()}${text}`)));
  await once(pooler.listen(0, '127.0.0.1'), 'listening');
  const { port } = pooler.address() as AddressInfo;
  const behind = connect(`postgres://zenfra@127.0.0.1:${port}/zenfra`, pino({ level: 'silent' }));
  await assert.rejects(pidOf.execute(behind.db), isDatabaseAway);
  await behind.db.destroy();
  pooler.close();

  const oneTooMany = database.pool.query('select $1::int', [1, 2]);
  await assert.rejects(oneTooMany, (error: pg.DatabaseError) => error.code === '08P01' && !isDatabaseAway(error));
});

test('what is asked again and again is prepared, and goes on when a newer process has added a column', async () => {
  await sql`create table things (id int primary key)`.execute(database.db);
  await sql`insert into things values (7)`.execute(database.db);
  const ask = (with_: typeof db) => sql<object>`select * from things where id = ${7}`.execute(with_);
  await ask(db);
  assert.deepEqual((await ask(db)).rows, [{ id: 7 }]);
  const prepared = sql<{ statement: string }>`select statement from pg_prepared_statements`;
  assert.deepEqual((await prepared.execute(db)).rows, [{ statement: 'select * from things where id = $1' }]);
  for (const [column, run] of [
    ['alone', () => ask(db)],
    ['within', () => transact(db, ask)],
  ] as const) {
    await sql`alter table things add column ${sql.id(column)} int`.execute(database.db);
    const { rows } = await run();
    assert.ok(rows[0] && column in rows[0], column);
    await ask(db);
  }
});

test('an outdated statement is known whatever language the server speaks', () => {
  const said = new pg.DatabaseError('gecachter Plan darf den Ergebnistyp nicht ändern', 0, 'error');
  assert.ok(isOutdated(Object.assign(said, { code: '0A000', routine: 'RevalidateCachedQuery' })));
});

test('times are read and locks keep their meaning whatever the server is set to', async () => {
  const other = await createTestDatabase();
  const name = new URL(other.url).pathname.slice(1);
  await sql`alter database ${sql.id(name)} set datestyle = 'SQL, DMY'`.execute(other.db);
  await sql`alter database ${sql.id(name)} set default_transaction_isolation = 'serializable'`.execute(other.db);
  const connected = connect(other.url, pino({ level: 'silent' }));
  try {
    const facts = sql<{ at: Date; isolation: string }>`
      select timestamptz '2026-03-04 05:06:07.890Z' as at, current_setting('transaction_isolation') as isolation`;
    const { rows } = await transact(connected.db, (trx) => facts.execute(trx));
    assert.deepEqual(rows, [{ at: new Date('2026-03-04T05:06:07.890Z'), isolation: 'read committed' }]);
  } finally {
    await connected.db.destroy();
    await other.drop();
  }
});
