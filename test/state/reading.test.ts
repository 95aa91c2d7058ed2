import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { readServedVersion } from '../../src/db/state-credentials.ts';
import {
  addCredential,
  addRun,
  addStack,
  endRun,
  lock,
  md5,
  type StateServer,
  save,
  send,
  startStateServer,
  stateText,
} from './state-server.ts';

let server: StateServer;
before(async () => {
  server = await startStateServer();
});
after(() => server.close());

test('a stack without a state is 204, and the plan made from it belongs to "none"', async () => {
  const run = await addRun(server, await addStack(server), 'read');
  const response = await send(run, 'GET');
  assert.equal(response.status, 204);
  assert.equal(await response.text(), '');
  assert.equal(await readServedVersion(server.db, run.runId), null);
});

test('a state is given back byte by byte, with its Content-MD5', async () => {
  const stack = await addStack(server);
  const apply = await addRun(server, stack, 'write');
  const bytes = Buffer.concat([Buffer.from(stateText(3)), Buffer.from('\n\n \r\n')]);
  await lock(apply);
  assert.equal((await save(apply, bytes)).status, 200);
  const response = await send(await addRun(server, stack, 'read'), 'GET');
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-md5'), md5(bytes));
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), bytes);
});

test('a state of several megabytes is given back byte by byte', async () => {
  const stack = await addStack(server);
  const apply = await addRun(server, stack, 'write');
  const bytes = stateText(1, 'large', JSON.stringify('ä0'.repeat(4_500_000)));
  await lock(apply);
  assert.equal((await save(apply, bytes)).status, 200);
  const response = await send(apply, 'GET');
  assert.equal(md5(Buffer.from(await response.arrayBuffer())), md5(bytes));
});

test('a run’s plan belongs to the version it was served last, by its latest execution', async () => {
  const stack = await addStack(server);
  const apply = await addRun(server, stack, 'write');
  await lock(apply);
  await save(apply, stateText(1));
  const plan = await addRun(server, stack, 'read');
  await send(plan, 'GET');
  const first = await readServedVersion(server.db, plan.runId);
  await save(apply, stateText(2));
  assert.equal(await readServedVersion(server.db, plan.runId), first);
  const again = await addCredential(server, { stackId: stack, runId: plan.runId, access: 'read' });
  await assert.rejects(readServedVersion(server.db, plan.runId), /without reading its stack's state/);
  await send(again, 'GET');
  assert.notEqual(await readServedVersion(server.db, plan.runId), first);
});

test('a second execution of a run ends the token of the first', async () => {
  const stack = await addStack(server);
  const first = await addRun(server, stack, 'read');
  const second = await addCredential(server, { stackId: stack, runId: first.runId, access: 'read' });
  assert.equal((await send(first, 'GET')).status, 403);
  assert.equal((await send(second, 'GET')).status, 204);
});

test('no credential, a wrong token, another run’s name, a malformed header: 401', async () => {
  const run = await addRun(server, await addStack(server), 'read');
  assert.equal((await fetch(run.address)).status, 401);
  assert.equal((await send({ ...run, password: 'guess' }, 'GET')).status, 401);
  assert.equal((await send({ ...run, password: '' }, 'GET')).status, 401);
  assert.equal((await send({ ...run, username: randomUUID() }, 'GET')).status, 401);
  for (const authorization of ['Basic', 'Basic %%%', 'Bearer x', `Basic ${'A'.repeat(10_000)}`, 'Basic bm9jb2xvbg==']) {
    const response = await fetch(run.address, { headers: { authorization } });
    assert.equal(response.status, 401, authorization.slice(0, 20));
    assert.match(response.headers.get('www-authenticate') ?? '', /^Basic/);
  }
});

test('the token of a run that has ended: 403, for every method', async () => {
  const run = await addRun(server, await addStack(server), 'write');
  await lock(run);
  await endRun(server, run);
  for (const method of ['GET', 'LOCK', 'UNLOCK']) {
    const response = await send(run, method, method === 'GET' ? {} : { body: '{"ID":"lock-1"}' });
    assert.equal(response.status, 403, method);
    assert.match(await response.text(), /has ended, and with it its access to the state/);
  }
  assert.equal((await save(run, stateText(1))).status, 403);
});

test('the token of another stack: 403, also for a stack that does not exist', async () => {
  const run = await addRun(server, await addStack(server), 'write');
  for (const stack of [await addStack(server), randomUUID(), 'network', '%00', "'; drop table runs; --"]) {
    const elsewhere = { ...run, address: `${server.base}/${stack}` };
    assert.equal((await send(elsewhere, 'GET')).status, 403, stack);
    assert.equal((await save(elsewhere, stateText(1))).status, 403, stack);
  }
});

test('an address that is no stack’s is 400, never the 404 that engines take for an empty state', async () => {
  const run = await addRun(server, await addStack(server), 'read');
  for (const path of ['', '/', `/${run.stackId}/lock`, '/a/b/c']) {
    assert.equal((await send({ ...run, address: server.base + path }, 'GET')).status, 400, path);
  }
});

test('DELETE is refused with what to do instead', async () => {
  const run = await addRun(server, await addStack(server), 'write');
  const response = await send(run, 'DELETE');
  assert.equal(response.status, 405);
  assert.match(await response.text(), /never deleted.*destroy run/);
});

test('a state that does not open with the present key is an error, not an empty state', async () => {
  const stack = await addStack(server);
  const run = await addRun(server, stack, 'write');
  await lock(run);
  await save(run, stateText(1));
  await server.db.updateTable('state_versions').set({ id: randomUUID() }).where('stack_id', '=', stack).execute();
  const response = await send(run, 'GET');
  assert.equal(response.status, 500);
  assert.match(await response.text(), /cannot be decrypted/);
});
