import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openRelay } from '../support/relay.ts';
import { startTestCluster, type TestCluster } from '../support/test-cluster.ts';
import { addRun, addStack, lock, type StateServer, save, send, startStateServer, stateText } from './state-server.ts';

let cluster: TestCluster;
let server: StateServer;
before(async () => {
  cluster = await startTestCluster();
  server = await startStateServer({ url: cluster.templateUrl });
});
after(() => server.close());

test('while the database hangs every request is 503 once its time is over', async (t) => {
  const direct = new URL(cluster.templateUrl);
  const relay = await openRelay(() => ({ host: direct.hostname, port: Number(direct.port) }));
  t.after(relay.close);
  const url = new URL(direct);
  url.port = String(relay.port);
  const hanging = await startStateServer({ url: url.href, queryTimeoutMs: 300 });
  t.after(hanging.close);
  const run = await addRun(hanging, await addStack(hanging), 'write');
  await lock(run);
  relay.hang();
  const answers = await Promise.all([send(run, 'GET'), save(run, stateText(1)), send(run, 'UNLOCK')]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [503, 503, 503],
  );
  relay.refuse();
});

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
