import assert from 'node:assert/strict';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type ServerType, serve } from '@hono/node-server';
import { type KyselyPlugin, sql } from 'kysely';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { openPages, seedPhase, seedRun, seedStack } from './seed.ts';

const chunks = 3_200;
const linesPerChunk = 1_000;
/** 66 characters with the newline: 64 KiB a chunk, 211 MB in all. */
const bytesPerChunk = 66 * linesPerChunk;

/** Bytes of chunks that the server got from the database. */
let fetched = 0;

const counter: KyselyPlugin = {
  transformQuery: ({ node }) => node,
  async transformResult({ result }) {
    for (const { bytes } of result.rows) if (Buffer.isBuffer(bytes)) fetched += bytes.length;
    return result;
  },
};

let base: TestDatabase;
let server: ServerType;
let url: string;

before(async () => {
  base = await createTestDatabase();
  const stack = await seedStack(base.db);
  const id = await seedRun(stack, { type: 'plan_only', status: 'finished', ended_at: new Date() });
  await seedPhase(base.db, id, 'planning', { at: new Date(), seconds: 1 });
  await sql`
    insert into log_chunks (run_id, phase, seq, bytes, lines, first_line)
    select ${id}, 'planning', n, convert_to(repeat(rpad('a line', 65, '.') || chr(10), ${linesPerChunk}::int), 'UTF8'),
           ${linesPerChunk}::int, (n - 1) * ${linesPerChunk}::int
    from generate_series(1, ${chunks}::int) n`.execute(base.db);
  const { app } = openPages(base.db.withPlugin(counter));
  server = await new Promise<ServerType>((ready) => {
    const started = serve({ fetch: (request) => app.fetch(request), port: 0, hostname: '127.0.0.1' }, () =>
      ready(started),
    );
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/runs/${id}`;
});
after(async () => {
  server.close();
  await base.drop();
});

function request(path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => get(url + path, { agent: false }, resolve).on('error', reject));
}

test('of a log of 200 MB no more is read from the database than its reader takes', async () => {
  const response = await request('/logs/planning.txt');
  // Nobody takes anything: the server reads until the buffers of the connection are full, whatever the system gives them.
  let before = -1;
  while (fetched > before) {
    before = fetched;
    await setTimeout(1_000);
  }
  const size = chunks * bytesPerChunk;
  assert.ok(fetched > 0 && fetched < size / 2, `${Math.round(fetched / 1e6)} MB were read, and nothing taken`);
  let taken = 0;
  for await (const chunk of response) taken += (chunk as Buffer).length;
  assert.equal(taken, size);
});

test('the page, a part and a search of such a log are small and bounded', async () => {
  const last = chunks * linesPerChunk;
  fetched = 0;
  const page = await (await fetch(url)).text();
  assert.ok(page.includes(`id="planning-L${last}"`));
  assert.ok(page.length < 2e6, `${page.length} characters`);
  const part = await (await fetch(`${url}/logs/planning.html?from=1&to=${last - 5_000}&near=1000000`)).text();
  assert.ok(part.includes('id="planning-L1000000"'));
  assert.ok(fetched < 10e6, `${Math.round(fetched / 1e6)} MB were read`);
  const response = await fetch(`${url}/logs/planning/search?q=nowhere`, { headers: { Accept: 'application/json' } });
  assert.equal(((await response.json()) as { count: number }).count, 0);
});
