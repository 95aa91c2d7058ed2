import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { buttonBody, commentBody, harmful, mergeGroupBody, pullBody, pushBody } from './bodies.ts';
import { deliver, deliverInPieces, type Headers, headersFor, openDoor, signatureOf } from './door.ts';

const door = await openDoor({ after });
const { db, url } = door;

/** Deliveries and jobs that are stored. */
async function stored(): Promise<{ deliveries: number; jobs: number }> {
  const { rows } = await sql<{ deliveries: number; jobs: number }>`
    select (select count(*)::int from deliveries) as deliveries,
           (select count(*)::int from graphile_worker.jobs) as jobs`.execute(db);
  return rows[0] ?? { deliveries: 0, jobs: 0 };
}

/** Sends it and expects an answer and nothing stored. */
async function refused(sent: Promise<{ status: number; text?: string }>, status: number, says?: RegExp): Promise<void> {
  const before = await stored();
  const answer = await sent;
  assert.equal(answer.status, status, answer.text);
  if (says) assert.match(answer.text ?? '', says);
  assert.deepEqual(await stored(), before);
}

let count = 0;
/** A push that was not sent before. */
const newPush = () => {
  count += 1;
  return { ...pushBody, after: String(count).padStart(40, '0') };
};

test('a webhook is stored byte for byte and enqueued, and GitHub gets 202', async () => {
  const before = await stored();
  const body = JSON.stringify(newPush(), null, 2);
  const headers = { 'x-github-delivery': 'f5a3c2d0-0000-11f1-9c6e-1f2d3c4b5a69' };
  assert.deepEqual(await deliver(url, 'push', { body, headers }), { status: 202, text: 'Stored.' });
  assert.deepEqual(await stored(), { deliveries: before.deliveries + 1, jobs: before.jobs + 1 });
  const row = await db
    .selectFrom('deliveries')
    .selectAll()
    .where('id', '=', headers['x-github-delivery'])
    .executeTakeFirstOrThrow();
  assert.deepEqual([row.event, row.payload.toString(), row.handled_at], ['push', body, null]);
});

const good = JSON.stringify(pushBody);
const { 'x-hub-signature-256': right = '' } = headersFor('push', good);
const sha1 = `sha1=${createHmac('sha1', 'a secret of the tests').update(good).digest('hex')}`;

for (const [title, headers] of [
  ['no signature', { 'x-hub-signature-256': undefined }],
  ['an empty signature', { 'x-hub-signature-256': '' }],
  ['63 hex digits', { 'x-hub-signature-256': right.slice(0, -1) }],
  ['65 hex digits', { 'x-hub-signature-256': `${right}0` }],
  ['digits that are not hex', { 'x-hub-signature-256': `sha256=${'z'.repeat(64)}` }],
  ['capital letters', { 'x-hub-signature-256': right.toUpperCase() }],
  ['10 kB', { 'x-hub-signature-256': `sha256=${'a'.repeat(10_000)}` }],
  ['only a sha1 signature', { 'x-hub-signature-256': undefined, 'x-hub-signature': sha1 }],
  ['a sha1 signature in the place of the other', { 'x-hub-signature-256': sha1 }],
  ['the signature of another secret', { 'x-hub-signature-256': signatureOf(good, 'another') }],
  ['the signature of an empty secret', { 'x-hub-signature-256': signatureOf(good, '') }],
  ['the signature of another body', { 'x-hub-signature-256': signatureOf(`${good} `) }],
] satisfies [string, Headers][]) {
  test(`${title} is answered with 401 and leaves nothing`, () =>
    refused(deliver(url, 'push', { body: good, headers }), 401, /signature does not fit/));
}

for (const [title, event, body] of [
  ['a push said to be a pull request', 'pull_request', pushBody],
  ['a pull request said to be a push', 'push', pullBody],
  ['a comment said to be a pull request', 'pull_request', commentBody],
  ['a button said to be a suite', 'check_suite', buttonBody],
  ['a pull request said to be a comment', 'issue_comment', pullBody],
  ['a push said to be an installation', 'installation', pushBody],
  ['a push without its commits', 'push', { ...pushBody, after: undefined }],
  ['a push whose ref is an object', 'push', { ...pushBody, ref: {} }],
  ['a repository whose id is a text', 'push', { ...pushBody, repository: { ...pushBody.repository, id: '7' } }],
  ['a pull request with a number that is none', 'pull_request', { ...pullBody, pull_request: { number: 1.5 } }],
] as const) {
  test(`${title} is answered with 400 and leaves nothing`, () =>
    refused(deliver(url, event, { body }), 400, new RegExp(`does not fit the event ${event}`)));
}

test('a right signature under the name of any other event is answered with 400 and leaves nothing', async () => {
  for (const [event, body] of Object.entries(harmful)) {
    for (const other of Object.keys(harmful).filter((name) => name !== event)) {
      await refused(deliver(url, other, { body }), 400, new RegExp(`does not fit the event ${other}`));
    }
    assert.equal((await deliver(url, event, { body: { ...body, number: event } })).status, 202, event);
  }
});

for (const body of ['null', '[]', '""', '7', ' ', '{', '{"a":1} x', '['.repeat(200_000)]) {
  const title = body.length > 20 ? `${body.length} nested [` : JSON.stringify(body);
  test(`the body ${title} is answered with 400 and leaves nothing`, () =>
    refused(deliver(url, 'push', { body }), 400, /not a JSON object/));
}

test('an empty body is answered with 400 and leaves nothing', () =>
  refused(deliver(url, 'push', { body: '' }), 400, /body is empty/));

test('200,000 nested [ inside a field are no trouble', async () => {
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  const body = JSON.stringify(newPush()).replace('{', `{"commits":${deep},`);
  assert.equal((await deliver(url, 'push', { body })).status, 202);
});

for (const event of ['__proto__', 'constructor', 'toString', 'ping', 'star', 'check_suites']) {
  test(`the event ${event} is answered with 202 and ignored`, () =>
    refused(deliver(url, event, { body: pushBody }), 202, /Not an event that is used here/));
}

test('__proto__ and a key that comes twice change nothing but themselves', async () => {
  const body = JSON.stringify(newPush()).replace(
    '{',
    '{"__proto__":{"polluted":1},"constructor":1,"ref":"refs/tags/x",',
  );
  assert.equal((await deliver(url, 'push', { body })).status, 202);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x', undefined]) {
  test(`content of the type ${type} is answered with 415 and leaves nothing`, async () => {
    const body = `payload=${encodeURIComponent(good)}`;
    const headers = headersFor('push', body, { 'content-type': type });
    const bytes = new TextEncoder().encode(body);
    const sent = fetch(url, { method: 'POST', headers, body: bytes });
    await refused(
      sent.then(async (answer) => ({ status: answer.status, text: await answer.text() })),
      415,
      /content type to application\/json/,
    );
  });
}

for (const [title, id] of [
  ['missing', undefined],
  ['empty', ''],
  ['of 10 kB', 'a'.repeat(10_000)],
  ['of 101 characters', 'a'.repeat(101)],
  ['with a quote', "a'; drop table deliveries; --"],
  ['with a path', '../../etc/passwd'],
] as const) {
  test(`a delivery id that is ${title} is answered with 400 and leaves nothing`, () =>
    refused(deliver(url, 'push', { body: good, headers: { 'x-github-delivery': id } }), 400, /X-GitHub-Delivery/));
}

test('a delivery id with NUL is answered with 400 and leaves nothing', async () => {
  const { 'x-github-delivery': _, ...headers } = headersFor('push', good);
  const lines = Object.entries({ ...headers, 'content-length': String(good.length), 'x-github-delivery': 'a\0b' });
  const text = `POST ${new URL(url).pathname} HTTP/1.1\r\nhost: x\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${good}`;
  const sent = new Promise<{ status: number }>((resolve, reject) => {
    const socket = connect(door.port, '127.0.0.1', () => socket.write(text));
    socket.once('data', (data) => {
      resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(data.toString())?.[1]) });
      socket.destroy();
    });
    socket.once('error', reject);
  });
  await refused(sent, 400);
});

test('a missing event is answered with 400', () =>
  refused(deliver(url, '', { body: good, headers: { 'x-github-event': undefined } }), 400, /X-GitHub-Event/));

test('a body of 26 MB with its length is answered with 413 before it is read', async () => {
  const length = String(26 * 1024 * 1024);
  const headers = { ...headersFor('push', ''), 'content-length': length };
  await refused(deliverInPieces(url, headers, [Buffer.alloc(1024, 'a')]), 413);
});

test('a body of 26 MB in pieces, without a length, is answered with 413 as soon as it is too long', async () => {
  const headers = { ...headersFor('push', ''), 'transfer-encoding': 'chunked' };
  function* pieces() {
    for (let sent = 0; sent < 26; sent += 1) yield Buffer.alloc(1024 * 1024, 'a');
  }
  await refused(deliverInPieces(url, headers, pieces()), 413);
});

test('a body without end is answered with 413, and the memory stays flat', async () => {
  const headers = { ...headersFor('push', ''), 'transfer-encoding': 'chunked' };
  const piece = Buffer.alloc(1024 * 1024, 'a');
  const before = process.memoryUsage();
  let most = 0;
  function* pieces() {
    for (let sent = 0; sent < 500; sent += 1) {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before.arrayBuffers);
      yield piece;
    }
  }
  const answer = await deliverInPieces(url, headers, pieces());
  assert.equal(answer.status, 413);
  assert.ok(answer.sentBytes < 200 * 1024 * 1024, `${answer.sentBytes} bytes were taken`);
  assert.ok(most < 150 * 1024 * 1024, `${most} bytes were held`);
});

test('a body of just under 25 MB is taken', async () => {
  const body = JSON.stringify({ ...newPush(), commits: 'a'.repeat(25 * 1024 * 1024 - 2_000) });
  assert.equal((await deliver(url, 'push', { body })).status, 202);
});

test('a webhook that cannot be stored is answered with 503, and nothing of our inside', async () => {
  const shut = await openDoor({ after });
  assert.equal((await deliver(shut.url, 'push', { body: newPush() })).text, 'Stored.');
  await shut.db.destroy();
  const answer = await deliver(shut.url, 'push', { body: newPush() });
  assert.deepEqual(answer, { status: 503, text: 'The webhook could not be stored just now. Send it again.' });
});

test('other methods are answered with 405', async () => {
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const answer = await fetch(url, { method });
    assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'POST']);
  }
});

test('the same delivery id makes nothing new', async () => {
  const headers = { 'x-github-delivery': 'the-same' };
  assert.equal((await deliver(url, 'push', { body: newPush(), headers })).text, 'Stored.');
  await refused(deliver(url, 'push', { body: newPush(), headers }), 202, /known already/);
});

test('the same delivery sent twenty times at once is stored once', async () => {
  const before = await stored();
  const body = newPush();
  const headers = { 'x-github-delivery': 'at-once' };
  const answers = await Promise.all(Array.from({ length: 20 }, () => deliver(url, 'push', { body, headers })));
  assert.ok(answers.every(({ status }) => status === 202));
  assert.deepEqual(await stored(), { deliveries: before.deliveries + 1, jobs: before.jobs + 1 });
});

for (const [title, event, body, again] of [
  ['a push', 'push', newPush(), {}],
  ['a push with its keys in another order', 'push', newPush(), { before: pushBody.before }],
  ['a pull request’s new head', 'pull_request', pullBody, {}],
  ['a merge group', 'merge_group', mergeGroupBody, {}],
  ['a comment', 'issue_comment', commentBody, {}],
] as const) {
  test(`${title} under a new delivery id is answered with 202 and makes nothing new`, async () => {
    assert.equal((await deliver(url, event, { body })).text, 'Stored.');
    await refused(deliver(url, event, { body: { ...again, ...body } }), 202, /known already/);
  });
}

for (const [title, event, first, second] of [
  ['a push from another commit', 'push', pushBody, { before: 'c'.repeat(40) }],
  ['a push to another branch', 'push', pushBody, { ref: 'refs/heads/staging' }],
  [
    'the same push at another time',
    'push',
    pushBody,
    { repository: { ...pushBody.repository, pushed_at: 1_772_000_000 } },
  ],
  ['the same push in another repository', 'push', pushBody, { repository: { ...pushBody.repository, id: 8 } }],
  [
    'a pull request that is reopened',
    'pull_request',
    { ...pullBody, action: 'reopened' },
    { pull_request: { ...pullBody.pull_request, updated_at: '2026-03-01T10:00:05Z' } },
  ],
  [
    'another action on a pull request',
    'pull_request',
    { ...pullBody, action: 'closed' },
    { action: 'ready_for_review' },
  ],
  ['a button that is pressed again', 'check_run', buttonBody, {}],
] as const) {
  test(`${title} is new`, async () => {
    await deliver(url, event, { body: { ...first, number: title } });
    assert.equal((await deliver(url, event, { body: { ...first, ...second } })).text, 'Stored.');
  });
}

test('a pull request opens once, whatever time is given', async () => {
  const body = { ...pullBody, action: 'opened' };
  assert.equal((await deliver(url, 'pull_request', { body })).text, 'Stored.');
  const later = { ...body, pull_request: { ...body.pull_request, updated_at: '2027-01-01T00:00:00Z' } };
  await refused(deliver(url, 'pull_request', { body: later }), 202, /known already/);
});

test('a ref of 5 kB is no trouble', async () => {
  const body = { ...newPush(), ref: `refs/heads/${'ä'.repeat(5_000)}\u0000` };
  assert.equal((await deliver(url, 'push', { body })).status, 202);
});
