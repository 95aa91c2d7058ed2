import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import pino from 'pino';
import { isRunning } from '../../src/db/embedded/live.ts';
import { EmbeddedPostgresError, startEmbeddedPostgres } from '../../src/db/embedded.ts';
import { again, clear, hold, isRoot, makeRoom, query, readServerPid, waitUntilGone } from './embedded-world.ts';

const log = pino({ level: 'silent' });
/** The first start makes the database, which most tests need not wait for again: they share one. */
let room: string;
before(async () => {
  room = await makeRoom();
  const first = await startEmbeddedPostgres({ dataDir: room, log });
  await query(first.url, 'create table kept (n integer); insert into kept values (7)');
  await first.stop();
});
after(() => clear(room));

test('the data of an earlier start is there', async () => {
  const server = await startEmbeddedPostgres({ dataDir: room, log });
  assert.deepEqual(await query(server.url, 'select n from kept'), [{ n: 7 }]);
  assert.equal(new URL(server.url).pathname, '/zenfra');
  await server.stop();
  await assert.rejects(query(server.url, 'select 1'), /ECONNREFUSED/);
});

test('it is PostgreSQL 18, waits for the disk, listens on loopback only and has no socket file', async () => {
  const server = await startEmbeddedPostgres({ dataDir: room, log, settings: { work_mem: '7MB' } });
  const names = ['fsync', 'synchronous_commit', 'listen_addresses', 'unix_socket_directories', 'work_mem'];
  const rows = await query(
    server.url,
    `select setting from pg_settings where name in ('${names.join("','")}') order by name`,
  );
  assert.deepEqual(
    rows.map((row) => (row as { setting: string }).setting),
    ['on', '127.0.0.1', 'on', '', '7168'],
  );
  assert.match(JSON.stringify(await query(server.url, 'show server_version')), /"18\./);
  await server.stop();
});

test('without the password nobody gets in; it is in a file for its owner alone', async () => {
  const server = await startEmbeddedPostgres({ dataDir: room, log });
  const url = new URL(server.url);
  assert.ok(url.password.length >= 32);
  url.password = 'guess';
  await assert.rejects(query(url.href, 'select 1'), /password authentication failed/);
  assert.equal((await stat(join(room, 'postgres', 'password'))).mode & 0o777, 0o600);
  assert.equal((await readFile(join(room, 'postgres', 'password'), 'utf8')).trim(), new URL(server.url).password);
  assert.equal((await stat(join(room, 'postgres'))).mode & 0o777, 0o700);
  assert.ok(
    !(await readFile(`/proc/${await readServerPid(room)}/cmdline`, 'utf8').catch(() => '')).includes(url.password),
  );
  await server.stop();
});

test('a second start joins the running server and leaves it running', async () => {
  const first = await hold(room);
  const second = await startEmbeddedPostgres({ dataDir: room, log });
  assert.equal(second.url, first.said);
  await second.stop();
  assert.deepEqual(await query(first.said, 'select n from kept'), [{ n: 7 }]);
  const pid = await readServerPid(room);
  await first.kill();
  await waitUntilGone(pid);
});

test('several starts at once in an empty directory all get the one server', async () => {
  const empty = await makeRoom();
  const holders = await Promise.all([hold(empty), hold(empty), hold(empty)]);
  assert.match(holders[0]?.said ?? '', /^postgres:\/\//);
  assert.equal(new Set(holders.map((holder) => holder.said)).size, 1);
  assert.deepEqual(await readdir(empty), ['postgres']);
  const pid = await readServerPid(empty);
  await Promise.all(holders.map((holder) => holder.kill()));
  await waitUntilGone(pid);
  await clear(empty);
});

test('a kill -9 of its parent ends the server, and the next start works at once', async () => {
  const parent = await hold(room);
  const pid = await readServerPid(room);
  assert.ok(await isRunning(pid));
  await parent.kill();
  const next = await startEmbeddedPostgres({ dataDir: room, log });
  assert.deepEqual(await query(next.url, 'select n from kept'), [{ n: 7 }]);
  assert.notEqual(await readServerPid(room), pid);
  assert.equal(await isRunning(pid), false);
  await next.stop();
});

test('without setpriv a watchdog ends the server with its parent', async () => {
  const parent = await hold(room, { env: { PATH: '/nowhere' } });
  assert.match(parent.said, /^postgres:\/\//);
  const pid = await readServerPid(room);
  await parent.kill();
  await waitUntilGone(pid);
});

test('a kill -9 of the server itself loses nothing that was committed', async () => {
  const parent = await hold(room);
  await query(parent.said, 'create table committed as select 1 as n');
  process.kill(await readServerPid(room), 'SIGKILL');
  const next = await startEmbeddedPostgres({ dataDir: room, log });
  assert.deepEqual(await query(next.url, 'select n from committed'), [{ n: 1 }]);
  await next.stop();
  await parent.kill();
});

test('a server that ends by itself is started again where it was, by whoever started it', async () => {
  const server = await startEmbeddedPostgres({ dataDir: room, log });
  process.kill(await readServerPid(room), 'SIGKILL');
  const rows = await again(() => query(server.url, 'select n from kept'));
  assert.deepEqual(rows, [{ n: 7 }]);
  await server.stop();
  await assert.rejects(query(server.url, 'select 1'), /ECONNREFUSED/);
});

test('a postmaster.pid that names a process which is something else is cleared', async () => {
  const path = join(room, 'postgres', 'cluster', 'postmaster.pid');
  await writeFile(path, `${process.pid}\n${room}/postgres/cluster\n1700000000\n5432\n\n127.0.0.1\n  0 0\nready   \n`);
  const server = await startEmbeddedPostgres({ dataDir: room, log });
  assert.deepEqual(await query(server.url, 'select n from kept'), [{ n: 7 }]);
  await server.stop();
});

test('a first start that was killed leaves nothing in the way', async () => {
  const fresh = await makeRoom();
  const parent = await hold(fresh, { through: ['timeout', '--signal=KILL', '0.7'] });
  await parent.kill();
  for (const starts of [1, 2]) {
    const server = await startEmbeddedPostgres({ dataDir: fresh, log, settings: { fsync: 'off' } });
    assert.deepEqual(await query(server.url, `select ${starts} as starts`), [{ starts }]);
    await server.stop();
  }
  assert.deepEqual(await readdir(fresh), ['postgres']);
  await clear(fresh);
});

test('a port that is in use: the error names it', async () => {
  const taken = createServer();
  await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
  const address = taken.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  await assert.rejects(startEmbeddedPostgres({ dataDir: room, port, log }), {
    name: 'EmbeddedPostgresError',
    message: `Port ${port} of 127.0.0.1, meant for the embedded PostgreSQL, is in use by another process. End that, or give another port.`,
  });
  await new Promise((done) => taken.close(done));
  const server = await startEmbeddedPostgres({ dataDir: room, port, log });
  assert.equal(new URL(server.url).port, String(port));
  await server.stop();
});

test('a directory that is a file, holds something else, or another version’s database: the error says what to do', async () => {
  const other = await makeRoom();
  await writeFile(join(other, 'file'), '');
  await refused(join(other, 'file'), /cannot be made: .* is a file\. Set ZENFRA_DATA_DIR/);
  await refused(join(other, 'file', 'below'), /cannot be made: .* is a file\. Set ZENFRA_DATA_DIR/);
  await writeFile(join(other, 'postgres'), '');
  await refused(other, /is not a directory\. Move it away/);
  await rm(join(other, 'postgres'));
  await mkdir(join(other, 'postgres', 'cluster'), { recursive: true });
  await refused(other, /is not empty and holds no PostgreSQL database\. Move it away/);
  await writeFile(join(other, 'postgres', 'cluster', 'PG_VERSION'), '15\n');
  await refused(other, /was made by PostgreSQL 15; this version of Zenfra brings PostgreSQL 18.*Dump it/);
  await clear(other);
});

/** What an ordinary user meets; as root, one is made up. */
const ordinary = isRoot ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'] : [];

test('an ordinary user can run it, and is told of a directory that is not theirs', async () => {
  const theirs = await makeRoom(0o777);
  const parent = await hold(join(theirs, 'data'), { through: ordinary });
  assert.deepEqual(await query(parent.said, 'select 1 as n'), [{ n: 1 }]);
  const pid = await readServerPid(join(theirs, 'data')).catch(() => 0);
  await parent.kill();
  if (pid) await waitUntilGone(pid);
  await chmod(theirs, 0o555);
  const elsewhere = await hold(join(theirs, 'more'), { through: ordinary });
  assert.match(elsewhere.said, /cannot be made: EACCES\. Set ZENFRA_DATA_DIR/);
  await chmod(theirs, 0o777);
  await clear(theirs);
});

if (isRoot) {
  test('under root the server is another user, also for data in a 0700 home', async () => {
    const home = await makeRoom(0o700);
    const server = await startEmbeddedPostgres({
      dataDir: join(home, 'clone', '.zenfra'),
      log,
      settings: { fsync: 'off' },
    });
    assert.deepEqual(await query(server.url, 'select 1 as n'), [{ n: 1 }]);
    assert.notEqual((await stat(`/proc/${await readServerPid(join(home, 'clone', '.zenfra'))}`)).uid, 0);
    await server.stop();
    const again = await startEmbeddedPostgres({ dataDir: join(home, 'clone', '.zenfra'), log });
    await again.stop();
    await clear(home);
  });

  test('data that an ordinary user made is run as that user by root', async () => {
    const shared = await makeRoom(0o777);
    const first = await hold(join(shared, 'data'), { through: ordinary });
    assert.match(first.said, /^postgres:/);
    await first.kill();
    const server = await startEmbeddedPostgres({ dataDir: join(shared, 'data'), log });
    assert.equal((await stat(`/proc/${await readServerPid(join(shared, 'data'))}`)).uid, 65534);
    await server.stop();
    await clear(shared);
  });

  test('data that root made is refused to an ordinary user, and new data to one without a name, with what to do', async () => {
    const stranger = ['setpriv', '--reuid=54321', '--regid=54321', '--clear-groups', '--'];
    const refusedThem = await hold(room, { through: stranger });
    assert.match(
      refusedThem.said,
      /cannot be read \(EACCES\): it was made by another user\. Start as that user, as root/,
    );
    await refusedThem.kill();
    const theirs = await makeRoom(0o777);
    const nameless = await hold(join(theirs, 'data'), { through: stranger });
    assert.match(nameless.said, /54321, which we run as, has none in \/etc\/passwd\. Add a line for it there/);
    await nameless.kill();
    await clear(theirs);
  });
}

async function refused(dataDir: string, message: RegExp): Promise<void> {
  await assert.rejects(startEmbeddedPostgres({ dataDir, log }), (error: Error) => {
    assert.ok(error instanceof EmbeddedPostgresError);
    assert.match(error.message, message);
    return true;
  });
}
