import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import { listHolding } from '../../src/db/stacks.ts';
import { open } from '../../src/secret/envelope.ts';
import {
  addRun,
  addStack,
  encryptedText,
  endRun,
  type Holder,
  lock,
  md5,
  type StateServer,
  save,
  send,
  startStateServer,
  stateText,
} from './state-server.ts';

let server: StateServer;
const limit = 6 * 1024 * 1024;
before(async () => {
  server = await startStateServer({ maxBytes: limit });
});
after(() => server.close());

async function locked(): Promise<Holder> {
  const run = await addRun(server, await addStack(server), 'write');
  await lock(run);
  return run;
}

async function serials({ stackId }: Holder): Promise<string[]> {
  const rows = await server.db
    .selectFrom('state_versions')
    .select('serial')
    .where('stack_id', '=', stackId)
    .orderBy('serial')
    .execute();
  return rows.map((row) => row.serial);
}

async function keptAside({ stackId }: Holder): Promise<{ reason: string; text: string }[]> {
  const rows = await server.db.selectFrom('rejected_states').selectAll().where('stack_id', '=', stackId).execute();
  return rows.map((row) => ({
    reason: row.reason,
    text: open(server.masterKey, row.bytes, `rejected_states/${row.id}`).toString(),
  }));
}

test('each save adds a version, sealed and bound to its row', async () => {
  const run = await locked();
  assert.equal((await save(run, stateText(1, 'lineage-1', '{"password": "hunter2"}'))).status, 200);
  assert.equal((await save(run, stateText(2))).status, 200);
  assert.deepEqual(await serials(run), ['1', '2']);
  const row = await server.db
    .selectFrom('state_versions')
    .selectAll()
    .where('stack_id', '=', run.stackId)
    .where('serial', '=', '1')
    .executeTakeFirstOrThrow();
  assert.ok(!row.bytes.includes('hunter2'));
  assert.ok(open(server.masterKey, row.bytes, `state_versions/${row.id}`).includes('hunter2'));
  assert.throws(() => open(server.masterKey, row.bytes, 'state_versions/other'), /does not open/);
  assert.equal(row.created_by, 'kim');
});

test('a state that OpenTofu has encrypted is saved as any other, and may hold resources', async () => {
  const run = await locked();
  assert.equal((await save(run, stateText(1))).status, 200);
  for (const serial of [2, 3]) assert.equal((await save(run, encryptedText(serial))).status, 200);
  assert.equal((await save(run, encryptedText(2))).status, 409);
  assert.equal((await save(run, encryptedText(4, 'another'))).status, 409);
  assert.deepEqual(await serials(run), ['1', '2', '3']);
  assert.equal(await (await send(run, 'GET')).text(), encryptedText(3));
  const { holds_resources } = await server.db
    .selectFrom('state_versions')
    .select('holds_resources')
    .where('stack_id', '=', run.stackId)
    .where('serial', '=', '3')
    .executeTakeFirstOrThrow();
  assert.equal(holds_resources, null);
  const holding = async () => (await listHolding(server.db, [run.stackId])).length;
  assert.equal(await holding(), 1);
  await end(run.runId, 'tracked');
  assert.equal(await holding(), 1);
  await end(run.runId, 'destroy');
  assert.equal(await holding(), 0, 'a destroy run that came to its end has written it');
});

async function end(runId: string, type: 'tracked' | 'destroy') {
  const row = { type, status: 'finished' as const, ended_at: new Date() };
  await server.db.updateTable('runs').set(row).where('id', '=', runId).execute();
}

test('what becomes of a save is in the log with the number of its run', async () => {
  const run = await locked();
  const { number } = await server.db
    .selectFrom('runs')
    .select('number')
    .where('id', '=', run.runId)
    .executeTakeFirstOrThrow();
  assert.equal((await save(run, stateText(2))).status, 200);
  assert.equal((await save(run, stateText(1))).status, 409);
  const lines = server.logged.map((line) => JSON.parse(line)).filter(({ runId }) => runId === run.runId);
  assert.deepEqual(
    lines.map(({ run, msg }) => [run, msg]),
    [
      [number, 'state saved'],
      [number, 'a state write was refused and kept aside'],
    ],
  );
});

test('the same serial and content again: 200 and one version', async () => {
  const run = await locked();
  const text = stateText(1);
  assert.equal((await save(run, text)).status, 200);
  assert.equal((await save(run, text)).status, 200);
  assert.deepEqual(await serials(run), ['1']);
  assert.deepEqual(await keptAside(run), []);
});

test('the same save twice at once: both 200, one version', async () => {
  const run = await locked();
  const answers = await Promise.all([1, 2, 3, 4].map(() => save(run, stateText(1))));
  assert.deepEqual(
    answers.map((answer) => answer.status),
    [200, 200, 200, 200],
  );
  assert.deepEqual(await serials(run), ['1']);
});

test('a lower serial, the same serial with other content, another lineage: 409 and kept aside', async () => {
  const run = await locked();
  await save(run, stateText(5));
  const refused = [stateText(4), stateText(5, 'lineage-1', '{"a": 1}'), stateText(6, 'lineage-2')];
  for (const text of refused) {
    const response = await save(run, text);
    assert.equal(response.status, 409);
    assert.match(await response.text(), /^The state was not saved: .* What was sent is kept aside as /);
  }
  assert.deepEqual(await serials(run), ['5']);
  assert.deepEqual((await keptAside(run)).map(({ text }) => text).sort(), refused.sort());
});

test('without the lock’s id, with a wrong one, unlocked: 423 and kept aside', async () => {
  const run = await addRun(server, await addStack(server), 'write');
  const text = stateText(1);
  assert.equal((await save(run, text)).status, 423);
  await lock(run);
  assert.equal((await send(run, 'POST', { body: text })).status, 423);
  assert.equal((await save(run, text, '')).status, 423);
  assert.equal((await save(run, text, 'lock-2')).status, 423);
  assert.equal((await save(run, text, 'x\u0000y')).status, 423);
  assert.deepEqual(await serials(run), []);
  assert.equal((await keptAside(run)).length, 5);
});

test('the lock of another run does not serve, even with its id', async () => {
  const holder = await locked();
  const other = await addRun(server, holder.stackId, 'write');
  assert.equal((await save(other, stateText(1))).status, 423);
});

test('a plan’s token cannot save, lock or unlock', async () => {
  const stack = await addStack(server);
  const plan = await addRun(server, stack, 'read');
  assert.equal((await lock(plan)).status, 403);
  assert.equal((await save(plan, stateText(1))).status, 403);
  assert.equal((await send(plan, 'UNLOCK', { body: '{"ID":"lock-1"}' })).status, 403);
  assert.deepEqual(await serials(plan), []);
});

test('a save that comes after the run’s end: 403, and kept aside', async () => {
  const run = await locked();
  await endRun(server, run);
  const response = await save(run, stateText(1));
  assert.equal(response.status, 403);
  assert.deepEqual(
    (await keptAside(run)).map(({ text }) => text),
    [stateText(1)],
  );
});

test('refused saves of one run are kept up to a number, and the answer says when not', async () => {
  const run = await locked();
  await save(run, stateText(9));
  for (let n = 0; n < 50; n += 1) await save(run, stateText(1, 'lineage-1', String(n)));
  assert.match(await (await save(run, stateText(2))).text(), /not kept aside: this run has left 50 already/);
  assert.equal((await keptAside(run)).length, 50);
});

test('a Content-MD5 that does not fit: 400', async () => {
  const run = await locked();
  for (const value of [md5('other'), 'x', '', md5(stateText(1)).toLowerCase()]) {
    const headers = { 'content-md5': value };
    const response = await send(run, 'POST', { query: '?ID=lock-1', body: stateText(1), headers });
    assert.equal(response.status, 400, value);
  }
  assert.deepEqual(await serials(run), []);
});

test('not JSON, another version, a serial that is no 64-bit integer, no lineage: 400', async () => {
  const run = await locked();
  const bad = [
    '',
    'not json',
    'null',
    '[]',
    '{',
    '{}',
    `${stateText(1)}x`,
    stateText(1).replace('"version": 4', '"version": 3'),
    stateText(1).replace('"version": 4', '"version": 4.0'),
    stateText(1).replace('"version": 4,', ''),
    stateText('-1'),
    stateText('-0'),
    stateText('1.5'),
    stateText('1e3'),
    stateText('"7"'),
    stateText('null'),
    stateText('{}'),
    stateText('18446744073709551616'),
    stateText('9'.repeat(400)),
    stateText(1, '\\u0000'),
    stateText(1, ''),
    stateText(1, 'x'.repeat(300)),
    stateText(1).replace('"lineage-1"', '7'),
  ];
  for (const text of bad) {
    const response = await save(run, text);
    assert.equal(response.status, 400, text.slice(0, 120));
    assert.match(await response.text(), /so it is no state|The state was not saved: its /);
  }
  assert.deepEqual(await serials(run), []);
  assert.deepEqual(await keptAside(run), []);
});

test('large serials are told apart, and one beyond 2^53 is refused', async () => {
  const run = await locked();
  assert.equal((await save(run, stateText('9007199254740991'))).status, 200);
  assert.equal((await save(run, stateText('9007199254740992'))).status, 200);
  assert.equal((await save(run, stateText('9007199254740991'))).status, 409);
  assert.equal((await save(run, stateText('9007199254740993'))).status, 400);
  assert.deepEqual(await serials(run), ['9007199254740991', '9007199254740992']);
});

test('NUL characters, duplicate keys, 100,000 levels, invalid UTF-8: stored byte-exact', async () => {
  const run = await locked();
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const bodies = [
    Buffer.from(stateText(1, 'l', '{"a": {"value": "\\u0000"}}')),
    Buffer.from(stateText(2, 'l', '{"a": 1, "a": 2, "serial": 99, "lineage": "inner"}')),
    Buffer.from(stateText(3, 'l', deep)),
    Buffer.from(stateText(4, 'l', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`)),
    Buffer.concat([
      Buffer.from('{"junk": "'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from(`", ${stateText(5, 'l').slice(1)}`),
    ]),
    Buffer.from(stateText(7, 'l').replace('{', '{"serial": 1, "seri\\u0061l": 2, ')),
  ];
  for (const body of bodies) {
    assert.equal((await save(run, body)).status, 200, body.toString('latin1', 0, 60));
    assert.deepEqual(Buffer.from(await (await send(run, 'GET')).arrayBuffer()), body);
  }
  assert.deepEqual(await serials(run), ['1', '2', '3', '4', '5', '7']);
});

test('a body over the limit, announced or chunked: 413 with a sentence, nothing kept', async () => {
  const run = await locked();
  const text = stateText(1, 'l', JSON.stringify('x'.repeat(limit)));
  const announced = await post(run, { body: text, announce: true });
  assert.deepEqual(announced, { status: 413, text: tooLarge });
  const chunked = await post(run, { body: text, announce: false });
  assert.deepEqual(chunked, { status: 413, text: tooLarge });
  assert.deepEqual([await serials(run), await keptAside(run)], [[], []]);
  const largest = stateText(1, 'l', '""').replace('""', `"${'x'.repeat(limit - stateText(1, 'l', '""').length)}"`);
  assert.equal(largest.length, limit);
  assert.equal((await save(run, largest)).status, 200);
});

for (const [what, headers] of [
  ['of an announced length', { 'content-length': stateText(1).length + 10 }],
  ['that is a whole state, but lacks its last piece', { 'transfer-encoding': 'chunked' }],
] as const) {
  test(`a body ${what} that breaks off leaves nothing`, async () => {
    const run = await locked();
    const auth = `${run.username}:${run.password}`;
    const sent = request(`${run.address}?ID=lock-1`, { method: 'POST', auth, headers });
    sent.on('error', () => {});
    await new Promise((done) => sent.write(stateText(1), done));
    sent.destroy();
    await new Promise((done) => sent.once('close', done));
    assert.equal((await save(run, stateText(2))).status, 200);
    assert.deepEqual([await serials(run), await keptAside(run)], [['2'], []]);
  });
}

test('of two lock ids the first counts, and the type of the content and its coding say nothing', async () => {
  const run = await locked();
  const body = stateText(1);
  assert.equal((await send(run, 'POST', { query: '?ID=lock-2&ID=lock-1', body })).status, 423);
  assert.equal((await send(run, 'POST', { query: '?id=lock-1&__proto__=lock-1', body })).status, 423);
  const headers = { 'content-type': 'multipart/form-data; boundary=x', 'content-encoding': 'gzip' };
  assert.equal((await send(run, 'POST', { query: '?ID=lock-1&ID=lock-2', body, headers })).status, 200);
  assert.deepEqual(await serials(run), ['1']);
});

const tooLarge =
  'The state is larger than 6 MiB, the most that is taken here. Nothing was saved. Split the stack into smaller ones.';

/** By node:http, which hands over an answer that comes before the body is through. */
async function post(run: Holder, { body, announce }: { body: string; announce: boolean }) {
  return new Promise<{ status: number | undefined; text: string }>((done, fail) => {
    const sent = request(`${run.address}?ID=lock-1`, {
      method: 'POST',
      auth: `${run.username}:${run.password}`,
      headers: announce ? { 'content-length': Buffer.byteLength(body) } : { 'transfer-encoding': 'chunked' },
    });
    let answered = false;
    sent.on('error', (error) => answered || fail(error));
    sent.on('response', (response) => {
      answered = true;
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => done({ status: response.statusCode, text }));
      response.on('error', fail);
    });
    sent.end(body);
  });
}
