import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encryptedText } from '../state/state-server.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { openPages, publicUrl, seedRun, seedVersion } from './seed.ts';
import { stackPages, stateText } from './stack-pages.ts';

let base: TestDatabase;
before(async () => {
  base = await createTestDatabase();
});
after(() => base.drop());

const { get, newStack, press, serialsOf, upload } = stackPages(() => base);

test('states that OpenTofu has encrypted are not compared, which would show all that exists as removed', async () => {
  const stack = await newStack();
  await seedVersion(stack, { text: stateText(1, 'red') });
  await seedVersion(stack, { text: encryptedText(2) });
  const { text } = await get(`${stack.address}/state/diff`);
  assert.match(text, /OpenTofu has encrypted at least one of these states/);
  assert.doesNotMatch(text, /removed/);
  await seedVersion(stack, { text: encryptedText(3) });
  const offer = await get(`${stack.address}/state/diff?from=current&to=2`);
  assert.match(offer.text, /An encrypted one is not rolled back to/);
  assert.doesNotMatch(offer.body, /roll-back/);
  assert.match((await get(`${stack.address}/state/diff?from=current&to=1`)).body, /roll-back/);
});

test('an encrypted state that is too large to be compared is not offered to be rolled back to, and the page says why', async () => {
  const stack = await newStack();
  const large = { ...JSON.parse(encryptedText(1)), encrypted_data: 'A'.repeat(4 * 1024 * 1024) };
  await seedVersion(stack, { text: JSON.stringify(large) });
  await seedVersion(stack, {
    text: JSON.stringify({ ...JSON.parse(stateText(2, 'red')), check_results: 'A'.repeat(2 ** 22) }),
  });
  await seedVersion(stack, { text: stateText(3, 'red') });
  const offer = await get(`${stack.address}/state/diff?from=current&to=1`);
  assert.match(
    offer.text,
    /States of more than 4 MiB are not compared here\. .* An encrypted one is not rolled back to/,
  );
  assert.doesNotMatch(offer.body, /roll-back/);
  const other = await get(`${stack.address}/state/diff?from=current&to=2`);
  assert.match(other.body, /roll-back/);
  assert.doesNotMatch(other.text, /encrypted/);
});

test('a roll-back is offered with what it would do, makes a new version, and says who did it', async () => {
  const stack = await newStack();
  const runId = await seedRun(stack, { engine: 'terraform' });
  const old = await seedVersion(stack, { text: stateText(1, 'red'), runId });
  const current = await seedVersion(stack, { text: stateText(2, 'green'), runId });
  const offer = await get(`${stack.address}/state/diff?from=current&to=1`);
  assert.match(offer.text, /Roll back to serial 1 Makes serial 3, with the content of serial 1\. .* "green" → "red"/);
  for (const level of ['read', 'write'] as const)
    assert.doesNotMatch((await get(`${stack.address}/state/diff?from=current&to=1`, level)).body, /roll-back/);
  const form = { version: old, current };
  const { status, location } = await press(`${stack.address}/roll-back`, form);
  assert.deepEqual([status, location], [303, `${stack.address}/state?done=rolled_back`]);
  assert.match((await get(`${stack.address}/state`)).text, /3 current just now Rolled back to serial 1 · kim/);
  assert.equal((await get(`${stack.address}/state/3.tfstate`)).body, stateText(3, 'red'));
  assert.match((await get(`${stack.address}/state/diff`)).text, /Serial 2 → 3 .* "green" → "red"/);
  const again = await press(`${stack.address}/roll-back`, form);
  assert.equal(again.status, 409);
  assert.match(
    again.text,
    /The state has changed since this page was made: it is at serial 3 now\. Nothing was changed\./,
  );
  assert.deepEqual(await serialsOf(stack), ['1', '2', '3']);
});

test('who may not roll back, and forms that are not ours, change nothing', async () => {
  const stack = await newStack();
  const version = await seedVersion(stack, { text: stateText(1, 'red') });
  const current = await seedVersion(stack, { text: stateText(2, 'green') });
  const form = { version, current };
  for (const [level, status] of [
    ['write', 403],
    ['read', 403],
    ['none', 404],
  ] as const)
    assert.equal((await press(`${stack.address}/roll-back`, form, { level })).status, status);
  assert.equal((await press(`${stack.address}/roll-back`, form, { token: 'old' })).status, 403);
  for (const odd of [{}, { version: 'x', current }, { version, current: "' or 1=1" }])
    assert.equal((await press(`${stack.address}/roll-back`, odd)).status, 400);
  await seedRun(stack, { status: 'unconfirmed' });
  assert.match(
    (await get(`${stack.address}/state/diff?from=current&to=1`)).text,
    /Not possible just now\. Run #\d+ is under way on this stack \(Needs approval\)\. Approve or discard it first\./,
  );
  assert.equal((await press(`${stack.address}/roll-back`, form)).status, 409);
  assert.deepEqual(await serialsOf(stack), ['1', '2']);
});

test('a stack without a state says what to do, and imports one', async () => {
  const stack = await newStack();
  assert.match(
    (await get(`${stack.address}/state`, 'read')).text,
    /No state yet The first apply of this stack makes its state.* Somebody with admin permission on the repository can import a state here\./,
  );
  assert.match((await get(`${stack.address}/state`)).body, /enctype="multipart\/form-data"/);
  const { status, location } = await upload(`${stack.address}/import`, stateText(41, 'red'));
  assert.deepEqual([status, location], [303, `${stack.address}/state?done=imported`]);
  const page = await get(`${stack.address}/state?done=imported`);
  assert.match(page.text, /Imported\. Plan now: it should find no changes\. .* 41 current just now Imported · kim/);
  assert.equal((await get(`${stack.address}/state/41.tfstate`)).body, stateText(41, 'red'));
  const again = await upload(`${stack.address}/import`, stateText(41, 'blue'));
  assert.equal(again.status, 409);
  assert.match(
    again.text,
    /This stack has a state already \(serial 41, lineage lineage-1\)\. An import is for a stack that has none, or for a later serial of that lineage\./,
  );
});

test('a state that the backend of the repository keeps is imported before the stack is told to look here', async () => {
  const stack = await newStack();
  const definition = JSON.stringify({ state: 'external' });
  await base.db.updateTable('stacks').set({ definition }).where('id', '=', stack.stackId).execute();
  await seedVersion(stack, { text: stateText(1, 'red') });
  const { body, text } = await get(`${stack.address}/state`);
  assert.match(
    text,
    /The state is kept elsewhere .* To move the state in .* merge that by itself\. .* second pull request.* Import state Up to 128 MiB/,
  );
  assert.match(body, /enctype="multipart\/form-data"/);
  assert.equal((await upload(`${stack.address}/import`, stateText(7, 'green'))).status, 303);
  assert.deepEqual(await serialsOf(stack), ['1', '7']);
});

test('an import that is none is refused with a sentence', async () => {
  const stack = await newStack();
  const bad: [string | null, RegExp][] = [
    ['resource {}', /not a JSON object/],
    [stateText(1, 'x').replace('"lineage-1"', '7'), /its lineage is 7/],
    [stateText(1, 'x').replace('"serial": 1', '"serial": 9007199254740993'), /its serial is 9007199254740993/],
    [null, /Choose a state file first/],
    ['', /Choose a state file first/],
  ];
  for (const [content, why] of bad) {
    const { status, text } = await upload(`${stack.address}/import`, content);
    assert.equal(status, 409, String(content));
    assert.match(text, why);
  }
  assert.deepEqual(await serialsOf(stack), []);
});

test('who may not import, and uploads that are not from our own page, change nothing', async () => {
  const stack = await newStack();
  const send = (options: Parameters<typeof upload>[2]) => upload(`${stack.address}/import`, stateText(1, 'x'), options);
  for (const [level, status] of [
    ['write', 403],
    ['read', 403],
    ['none', 404],
  ] as const)
    assert.equal((await send({ level })).status, status);
  assert.match((await send({ token: 'of an earlier sign-in' })).text, /of an earlier sign-in, or of another person’s/);
  for (const headers of [
    {},
    { Origin: 'null' },
    { Origin: 'https://evil.example' },
    { Origin: publicUrl, 'Sec-Fetch-Site': 'cross-site' },
    { Origin: publicUrl, 'Content-Type': 'text/plain' },
  ] as Record<string, string>[])
    assert.equal((await send({ headers })).status, 403, JSON.stringify(headers));
  const broken = await send({ headers: { Origin: publicUrl, 'Content-Type': 'multipart/form-data; boundary=none' } });
  assert.equal(broken.status, 403);
  await base.db.updateTable('stacks').set({ removed_at: new Date() }).where('id', '=', stack.stackId).execute();
  assert.match((await send({})).text, /not in zenfra\.yml any more/);
  assert.deepEqual(await serialsOf(stack), []);
});

test('no other form takes files', async () => {
  const stack = await newStack();
  assert.equal((await upload(`${stack.address}/roll-back`, 'x')).status, 403);
});

test('26 MB are imported byte for byte; more than the limit is too much', async () => {
  const stack = await newStack();
  const big = Buffer.from(
    stateText(1, 'x').replace('"outputs": {}', `"outputs": {"a": {"value": "${'y'.repeat(26_000_000)}"}}`),
  );
  const over = await upload(`${stack.address}/import`, big, { maxBytes: 24 * 1024 * 1024 });
  assert.equal(over.status, 413);
  const tooMuch = await upload(`${stack.address}/import`, big, { maxBytes: 1024 * 1024 });
  assert.match(tooMuch.text, /A state file may have up to 1 MiB\. Nothing was changed\./);
  assert.equal((await upload(`${stack.address}/import`, big)).status, 303);
  const kept = await openPages(base.db).app.request(`${stack.address}/state/1.tfstate`);
  assert.ok(Buffer.from(await kept.arrayBuffer()).equals(big));
  assert.match((await get(`${stack.address}/state/diff`)).text, /States of more than 4 MiB are not compared here/);
});
