import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, isIPv6, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { sql } from 'kysely';
import pino from 'pino';
import { connect } from '../../src/db/connect.ts';
import { migrate } from '../../src/db/migrate.ts';
import { createTestDatabase } from '../support/database.ts';
import { certificatePem, keyPem } from '../support/localhost-certificate.ts';

const silent = pino({ level: 'silent' });
const database = await createTestDatabase();
const role = `role_${randomBytes(6).toString('hex')}`;
const empty = `${new URL(database.url).pathname.slice(1)}_empty`;
await sql`create role ${sql.id(role)} login password 'hush'`.execute(database.db);
after(async () => {
  await sql`drop database if exists ${sql.id(empty)} with (force)`.execute(database.db);
  await sql`drop owned by ${sql.id(role)}`.execute(database.db);
  await sql`drop role ${sql.id(role)}`.execute(database.db);
  await database.drop();
});

/** What a start by the role comes to. */
async function start(changes: { pathname?: string; href?: string } = {}): Promise<string> {
  const url = Object.assign(new URL(database.url), { username: role, password: 'hush', ...changes });
  const { db, pool } = connect(url.href, silent);
  try {
    return `${(await migrate(db, pool)).length > 0 ? 'some' : 'no'} migrations`;
  } catch (error) {
    return (error as Error).message;
  } finally {
    await db.destroy();
  }
}

test('a role that may not make tables, as nobody but the owner since PostgreSQL 15, is told so with the way out', async () => {
  await sql`create database ${sql.id(empty)} template template0`.execute(database.db);
  const pathname = `/${empty}`;
  const advice = `DATABASE_URL needs the role that owns the database and what Zenfra has made in it. In a new database: alter database ${empty} owner to ${role}.`;
  const denied = (what: string) =>
    `The database cannot be brought up to date: permission denied for ${what}. ${advice}`;
  assert.equal(await start({ pathname }), denied(`database ${empty}`));
  await sql`grant all on database ${sql.id(empty)} to ${sql.id(role)}`.execute(database.db);
  assert.equal(await start({ pathname }), denied('schema public'));
  await sql`alter database ${sql.id(empty)} owner to ${sql.id(role)}`.execute(database.db);
  assert.equal(await start({ pathname }), 'some migrations');
});

test('what a migration failed for is told', async () => {
  const { db, pool } = connect(Object.assign(new URL(database.url), { pathname: `/${empty}` }).href, silent);
  await sql`delete from kysely_migration`.execute(db);
  await assert.rejects(migrate(db, pool), {
    message: 'Migration 0001_initial failed, and nothing of it was kept: relation "settings" already exists.',
  });
  await db.destroy();
});

test('a role that may write to the tables and does not own them would find no jobs, and does not start', async () => {
  for (const schema of ['public', 'graphile_worker']) {
    await sql`grant usage on schema ${sql.id(schema)} to ${sql.id(role)}`.execute(database.db);
    await sql`grant all on all tables in schema ${sql.id(schema)} to ${sql.id(role)}`.execute(database.db);
  }
  const { rows } = await sql<{ owner: string }>`select current_user as owner`.execute(database.db);
  const owner = rows[0]?.owner ?? '';
  assert.equal(
    await start(),
    `The database cannot be used: the tables of jobs belong to ${owner}, and show ${role} no rows. Give DATABASE_URL the role ${owner}, or this one what it has: grant ${owner} to ${role}.`,
  );
  await sql`alter role ${sql.id(role)} bypassrls`.execute(database.db);
  assert.equal(await start(), 'no migrations');
});

test('a database in which most names cannot be written is refused before anything is made in it', async () => {
  const latin = `${empty}_latin`;
  await sql`create database ${sql.id(latin)} encoding 'LATIN1' locale 'C' template template0`.execute(database.db);
  const { db, pool } = connect(Object.assign(new URL(database.url), { pathname: `/${latin}` }).href, silent);
  try {
    await assert.rejects(migrate(db, pool), {
      message: `The database cannot be used: ${latin} has the encoding LATIN1, in which most languages cannot be written. Make one with UTF8: create database NAME encoding 'UTF8' locale 'C.UTF-8' template template0.`,
    });
    const { rows } = await sql`select from pg_namespace where nspname = 'graphile_worker'`.execute(db);
    assert.equal(rows.length, 0);
  } finally {
    await db.destroy();
    await sql`drop database ${sql.id(latin)} with (force)`.execute(database.db);
  }
});

test('a certificate that does not do is told with what to add to DATABASE_URL', async () => {
  const sockets: Socket[] = [];
  const secured = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    socket.once('data', () => {
      socket.write('S');
      const options = { isServer: true, cert: certificatePem, key: keyPem };
      new TLSSocket(socket, options).on('error', () => undefined);
    });
  });
  await once(secured.listen(0, 'localhost'), 'listening');
  const { port, address } = secured.address() as AddressInfo;
  const file = join(await mkdtemp(join(tmpdir(), 'zenfra-certificate-')), 'localhost.crt');
  await writeFile(file, certificatePem);
  const host = isIPv6(address) ? `[${address}]` : address;
  const [unknown, otherName] = await Promise.all(
    [
      `localhost:${port}/zenfra?sslmode=verify-full`,
      `${host}:${port}/zenfra?sslmode=verify-full&sslrootcert=${file}`,
    ].map((rest) => start({ href: `postgres://${rest}` })),
  );
  secured.close();
  for (const socket of sockets) socket.destroy();
  await rm(dirname(file), { recursive: true });
  assert.match(
    unknown ?? '',
    /cannot be used: self-signed certificate.* DATABASE_URL: sslmode=verify-full&sslrootcert=PATH\.$/,
  );
  assert.match(otherName ?? '', /cannot be used: Hostname\/IP does not match .*\. Write the host in DATABASE_URL as /);
});
