import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { issueStateCredential, revokeStateCredentials } from '../../src/db/state-credentials.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { masterKey, seedRun } from './seed.ts';
import { stackPages } from './stack-pages.ts';

let base: TestDatabase;
before(async () => {
  base = await createTestDatabase();
});
after(() => base.drop());

const { get, newStack, press } = stackPages(() => base);

test('who holds the stack, since when and how to resolve it stands on its pages, with the button', async () => {
  const stack = await newStack();
  const hold = {
    stack_id: stack.stackId,
    created_by: 'kim',
    note: 'Run #7 applied pull request #41, which is not merged yet.',
  };
  const { id } = await base.db
    .insertInto('stack_holds')
    .values({ ...hold, reason: 'pull_request', pull_request_number: 41 })
    .returning('id')
    .executeTakeFirstOrThrow();
  for (const tab of ['', '/state', '/settings'])
    assert.match(
      (await get(`${stack.address}${tab}`)).text,
      /The stack is held: Run #7 applied pull request #41, which is not merged yet\. Since just now, by kim\. Merge or close #41, release it here, or comment \/unlock there\. Release/,
    );
  assert.match((await get(stack.address, 'read')).text, /have somebody with write permission release it here/);
  const { status, location, asked } = await press(`${stack.address}/release`, { hold: String(id) });
  assert.deepEqual([status, location], [303, `${stack.address}?done=released`]);
  assert.deepEqual(asked, [{ verb: 'release', request: { stackId: stack.stackId, holdId: id, user: 'kim' } }]);
  assert.equal((await press(`${stack.address}/release`, { hold: String(id) }, { level: 'read' })).status, 403);
  const gone = await press(`${stack.address}/release`, { hold: String(id + 1000) });
  assert.equal(gone.status, 409);
  assert.match(gone.text, /This hold was released already/);
});

test('a hold of an unknown outcome is for admins; pressed on a run’s page, it leads back there', async () => {
  const stack = await newStack();
  const runId = await seedRun(stack, { status: 'approved' });
  const hold = {
    stack_id: stack.stackId,
    created_by: 'zenfra',
    note: 'Nobody knows how run #7 ended.',
    reason: 'outcome_unknown' as const,
  };
  const { id } = await base.db.insertInto('stack_holds').values(hold).returning('id').executeTakeFirstOrThrow();
  assert.match(
    (await get(`/runs/${runId}`, 'write')).text,
    /Nobody knows how run #7 ended\..* have somebody with admin permission release it here; then plan again\./,
  );
  assert.equal(
    (await press(`${stack.address}/release`, { hold: String(id), run: runId }, { level: 'write' })).status,
    403,
  );
  const { location } = await press(`${stack.address}/release`, { hold: String(id), run: runId });
  assert.equal(location, `/runs/${runId}?done=released`);
  const elsewhere = await press(`${stack.address}/release`, { hold: String(id), run: randomUUID() });
  assert.equal(elsewhere.location, `${stack.address}?done=released`);
});

test('a lock that was left behind is named, and released by admins alone', async () => {
  const stack = await newStack();
  const info = Buffer.from(JSON.stringify({ ID: 'lock-7', Who: 'zenfra@worker-1' }));
  const runId = await seedRun(stack, { status: 'finished', ended_at: new Date() });
  const lock = { stack_id: stack.stackId, lock_id: 'lock-7', info, run_id: runId };
  await base.db.insertInto('state_locks').values(lock).execute();
  const credential = { runId, stackId: stack.stackId, access: 'write' as const, masterKey };
  await base.db.transaction().execute((trx) => issueStateCredential(trx, credential));
  const held = await get(`${stack.address}/state`);
  assert.match(held.text, /Nobody knows how its run ended, and its engine may still write\. Release the stack first/);
  assert.doesNotMatch(held.text, /Release lock/);
  await base.db.transaction().execute((trx) => revokeStateCredentials(trx, runId));
  assert.match(
    (await get(`${stack.address}/state`)).text,
    /The state is locked\. Lock lock-7 of run #\d+, taken by zenfra@worker-1 just now\. .* release it to change the state by hand\. Release lock/,
  );
  for (const [level, status] of [
    ['write', 403],
    ['none', 404],
  ] as const)
    assert.equal((await press(`${stack.address}/release-lock`, { lock: 'lock-7' }, { level })).status, status);
  assert.equal((await press(`${stack.address}/release-lock`, { lock: 'lock-6' })).status, 409);
  assert.equal(
    (await press(`${stack.address}/release-lock`, { lock: 'lock-7' })).location,
    `${stack.address}/state?done=lock_released`,
  );
  assert.doesNotMatch((await get(`${stack.address}/state`)).text, /locked/);
});

test('a person’s hold is released by who may write', async () => {
  const stack = await newStack();
  const hold = {
    stack_id: stack.stackId,
    created_by: 'lee',
    note: 'Held by lee: a migration is under way.',
    reason: 'person' as const,
  };
  const { id } = await base.db.insertInto('stack_holds').values(hold).returning('id').executeTakeFirstOrThrow();
  assert.match((await get(stack.address, 'write')).text, /Ask lee, or release it here\./);
  assert.equal((await press(`${stack.address}/release`, { hold: String(id) }, { level: 'write' })).status, 303);
});
