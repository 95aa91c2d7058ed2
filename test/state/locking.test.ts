import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  addRun,
  addStack,
  endRun,
  lock,
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

const unlock = { body: '{"ID":"lock-1"}' };

test('a lock that was taken keeps others out, with the holder’s lock info', async () => {
  const stack = await addStack(server);
  const [first, second] = [await addRun(server, stack, 'write'), await addRun(server, stack, 'write')];
  assert.equal((await lock(first, 'lock-1')).status, 200);
  const refused = await lock(second, 'lock-2');
  assert.equal(refused.status, 423);
  assert.equal(refused.headers.get('content-type'), 'application/json');
  const info = (await refused.json()) as Record<string, string>;
  assert.equal(info.Who, 'worker@host');
  assert.equal(info.Operation, 'OperationTypeApply');
  assert.match(info.ID ?? '', new RegExp(`^lock-1 \\(taken by worker@host at \\S+Z, run ${first.runId}\\)$`));
  assert.equal((await send(first, 'UNLOCK', unlock)).status, 200);
  assert.equal((await lock(second, 'lock-2')).status, 200);
});

test('many at once: one gets the lock', async () => {
  const stack = await addStack(server);
  const runs = await Promise.all([1, 2, 3, 4, 5, 6].map(() => addRun(server, stack, 'write')));
  const answers = await Promise.all(runs.map((run, index) => lock(run, `lock-${index}`)));
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 423, 423, 423, 423, 423]);
});

test('LOCK repeated with the same id after a lost reply: 200; with another id: 423', async () => {
  const run = await addRun(server, await addStack(server), 'write');
  assert.equal((await lock(run)).status, 200);
  assert.equal((await lock(run)).status, 200);
  assert.equal((await lock(run, 'lock-2')).status, 423);
});

test('the id of another run’s lock does not make the lock one’s own', async () => {
  const stack = await addStack(server);
  const [first, second] = [await addRun(server, stack, 'write'), await addRun(server, stack, 'write')];
  await lock(first, 'lock-1');
  assert.equal((await lock(second, 'lock-1')).status, 423);
});

test('UNLOCK repeated after a lost reply: 200', async () => {
  const run = await addRun(server, await addStack(server), 'write');
  await lock(run);
  assert.equal((await send(run, 'UNLOCK', unlock)).status, 200);
  assert.equal((await send(run, 'UNLOCK', unlock)).status, 200);
});

test('UNLOCK with another id leaves the lock', async () => {
  const run = await addRun(server, await addStack(server), 'write');
  await lock(run);
  assert.equal((await send(run, 'UNLOCK', { body: '{"ID":"lock-2"}' })).status, 423);
  assert.equal((await save(run, stateText(1))).status, 200);
});

test('UNLOCK with an empty body (force-unlock) is for the holder’s own run', async () => {
  const stack = await addStack(server);
  const [holder, other] = [await addRun(server, stack, 'write'), await addRun(server, stack, 'write')];
  await lock(holder);
  assert.equal((await send(other, 'UNLOCK')).status, 403);
  assert.equal((await send(other, 'UNLOCK', unlock)).status, 403);
  assert.equal((await save(holder, stateText(1))).status, 200);
  assert.equal((await send(holder, 'UNLOCK')).status, 200);
  assert.equal((await lock(other, 'lock-2')).status, 200);
});

test('the lock that a killed engine left is passed on once its run’s end is recorded', async () => {
  const stack = await addStack(server);
  const [killed, next] = [await addRun(server, stack, 'write'), await addRun(server, stack, 'write')];
  await lock(killed);
  assert.equal((await lock(next, 'lock-2')).status, 423);
  await endRun(server, killed);
  assert.equal((await lock(next, 'lock-2')).status, 200);
  assert.equal((await save(next, stateText(1), 'lock-2')).status, 200);
  assert.equal((await save(killed, stateText(2))).status, 403);
});

test('lock info that is none: 400; larger than any: 413', async () => {
  const run = await addRun(server, await addStack(server), 'write');
  const bad = ['', 'x', 'null', '[]', '{}', '{"ID": 7}', '{"ID": ""}', '{"ID": "a\\u0000"}', '['.repeat(50_000)];
  for (const body of bad) {
    assert.equal((await send(run, 'LOCK', { body })).status, 400, body.slice(0, 20));
  }
  assert.equal((await send(run, 'UNLOCK', { body: 'x' })).status, 400);
  assert.equal((await send(run, 'LOCK', { body: 'x'.repeat(70_000) })).status, 413);
});
