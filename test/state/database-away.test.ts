import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestCluster, type TestCluster } from '../support/test-cluster.ts';
import { addRun, addStack, lock, type StateServer, save, send, startStateServer, stateText } from './state-server.ts';

let cluster: TestCluster;
let server: StateServer;
before(async () => {
  cluster = await startTestCluster();
  server = await startStateServer({ url: cluster.templateUrl });
});
after(() => server.close());

test('while the database is away every request is 503 with Retry-After, never 404, 204 or empty', async () => {
  const run = await addRun(server, await addStack(server), 'write');
  await lock(run);
  assert.equal((await save(run, stateText(1))).status, 200);
  await cluster.stop();
  const answers = [
    await send(run, 'GET'),
    await save(run, stateText(2)),
    await lock(run),
    await send(run, 'UNLOCK'),
    await send({ ...run, password: 'guess' }, 'GET'),
  ];
  for (const answer of answers) {
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.get('retry-after'), '2');
    assert.match(await answer.text(), /cannot be reached just now/);
  }
});
