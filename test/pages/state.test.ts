import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { seedRun, seedVersion } from './seed.ts';
import { stackPages, stateText } from './stack-pages.ts';

let base: TestDatabase;
before(async () => {
  base = await createTestDatabase();
});
after(() => base.drop());

const { get, newStack } = stackPages(() => base);

test('the State tab lists versions with serial, time, run, person and size, the current one marked, the lineage once', async () => {
  const stack = await newStack();
  const runId = await seedRun(stack, { status: 'queued' });
  await seedVersion(stack, { text: stateText(4, 'one'), runId, by: 'kim' });
  await seedVersion(stack, { text: stateText(7, 'two'), by: 'lee', origin: 'import' });
  const { text, body } = await get(`${stack.address}/state`);
  assert.match(
    text,
    /Lineage lineage-1 .* Serial Saved By Size Actions 7 current just now Imported · lee \d+ B Compare serial 7 Download serial 7 4 just now Run #\d+ · kim \d+ B Compare serial 4 Download serial 4 Roll back… serial 4 2 versions\./,
  );
  assert.equal(body.match(/lineage-1/g)?.length, 1);
  assert.match(body, /aria-current="page"[^>]*>\s*State/);
});

test('pages of versions follow each other without gap or double', async () => {
  const stack = await newStack();
  for (let serial = 1; serial <= 60; serial += 1) await seedVersion(stack, { text: stateText(serial, 'x') });
  const seen: number[] = [];
  for (let path: string | undefined = `${stack.address}/state`; path; ) {
    const { body } = await get(path);
    seen.push(...[...body.matchAll(/<tr id="serial-(\d+)">/g)].map((match) => Number(match[1])));
    path = /rel="next" href="([^"]+)"/.exec(body)?.[1]?.replaceAll('&amp;', '&');
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 60 }, (_, index) => 60 - index),
  );
  for (const odd of ['before=-1', 'after=%00', `before=${'9'.repeat(5_000)}`, 'before=1.5'])
    assert.match((await get(`${stack.address}/state?${odd}`)).body, /serial-60/, odd);
});

test('a comparison shows what differs, from the version before if nothing else is asked, and hides what is sensitive', async () => {
  const stack = await newStack();
  const runId = await seedRun(stack, { engine: 'terraform' });
  for (const [serial, value] of [
    [1, 'red'],
    [2, 'green'],
    [5, 'blue'],
  ] as const)
    await seedVersion(stack, { text: stateText(serial, value), runId });
  const cases: [string, RegExp][] = [
    [
      '',
      /Serial 2 → 5 .* 1 resource changed .* aws_db\.main changed input "green" → "blue" password \(sensitive value\) 1 unchanged attribute/,
    ],
    ['?to=2', /Serial 1 → 2 .* "red" → "green"/],
    ['?from=1&to=5', /Serial 1 → 5 .* "red" → "blue"/],
    ['?from=5&to=1', /Serial 5 → 1 .* "blue" → "red"/],
    ['?to=1', /Serial 1, the first version .* 1 resource added .* input "red"/],
    ['?from=2&to=2', /No resource and no output differs/],
  ];
  for (const [query, wanted] of cases) {
    const page = await get(`${stack.address}/state/diff${query}`, 'read');
    assert.equal(page.status, 200);
    assert.match(page.text, wanted, query);
    assert.doesNotMatch(page.body, /pw-of-/);
  }
  for (const [query, status] of [
    ['?to=9', 404],
    ['?from=3', 404],
    ['?to=abc', 400],
    ['?to=-1', 400],
    ['?from=%00', 400],
  ] as const)
    assert.equal((await get(`${stack.address}/state/diff${query}`)).status, status, query);
});

test('a state in clear is for who may write, goes out as a file byte for byte, and is kept by no cache', async () => {
  const stack = await newStack();
  await seedVersion(stack, { text: stateText(1, 'red') });
  await seedVersion(stack, { text: stateText(2, 'green') });
  for (const [file, text, name] of [
    ['1.tfstate', stateText(1, 'red'), `${stack.name}-serial-1.tfstate`],
    ['current.tfstate', stateText(2, 'green'), `${stack.name}-serial-2.tfstate`],
  ] as const) {
    const { status, headers, body } = await get(`${stack.address}/state/${file}`, 'write');
    assert.deepEqual([status, body], [200, text]);
    assert.equal(headers.get('Content-Disposition'), `attachment; filename="${name}"`);
    assert.equal(headers.get('Cache-Control'), 'no-store');
    assert.equal(headers.get('X-Content-Type-Options'), 'nosniff');
    const denied = await get(`${stack.address}/state/${file}`, 'read');
    assert.equal(denied.status, 403);
    assert.match(
      denied.text,
      /A state holds secrets in clear\. This needs write permission on acme\/infra, and kim has read\./,
    );
    assert.equal((await get(`${stack.address}/state/${file}`, 'none')).status, 404);
  }
  assert.doesNotMatch((await get(`${stack.address}/state`, 'read')).body, /\.tfstate"/);
  for (const file of ['3.tfstate', '99999999999999999999.tfstate'])
    assert.equal((await get(`${stack.address}/state/${file}`)).status, 404);
});

test('what was refused is listed with its reason and run, and given to admins alone', async () => {
  const stack = await newStack();
  const runId = await seedRun(stack);
  const id = await seedVersion(stack, {
    text: 'half a state',
    runId,
    rejected: 'The state was not saved: serial 3 is older than the present 4.',
  });
  assert.match(
    (await get(`${stack.address}/state`, 'read')).text,
    /Kept aside .* Run #\d+ · just now · 12 B The state was not saved: serial 3 is older than the present 4\./,
  );
  const path = `${stack.address}/state/rejected/${id}.tfstate`;
  const { status, body, headers } = await get(path);
  assert.deepEqual([status, body, headers.get('Cache-Control')], [200, 'half a state', 'no-store']);
  assert.equal((await get(path, 'write')).status, 403);
  assert.equal((await get(`${(await newStack()).address}/state/rejected/${id}.tfstate`)).status, 404);
  assert.equal((await get(`${stack.address}/state/rejected/${randomUUID()}.tfstate`)).status, 404);
});
