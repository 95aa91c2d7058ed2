import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headOf, propose, say } from '../../src/sandbox/story/act.ts';
import { botComments, countRuns, seeComment, seeRun } from '../../src/sandbox/story/see.ts';
import { openScene, settle, stacksOf, thing } from '../support/scene.ts';

test('a webhook that comes twice, and one that is sent again, make nothing new', async (t) => {
  const scene = await openScene(t, { files: stacksOf('app') });
  scene.sandbox.faults.onDelivery({ when: ({ event }) => event === 'pull_request', does: 'duplicate' });
  const pull = await propose(scene, { branch: 'change', title: 'Change', files: { 'app/main.tf': thing(2) } });
  await seeComment(scene, pull, '🟡 Ready to apply');
  const opened = scene.sandbox.deliveries.find(({ event, action }) => event === 'pull_request' && action === 'opened');
  const again = scene.sandbox.redeliver(opened?.id ?? 0);
  await settle(scene);
  assert.equal(again.statusCode, 202);
  assert.equal(again.response, 'This delivery is known already.');
  assert.equal(await countRuns(scene), 1);
  assert.equal(botComments(scene, pull).length, 1);
});

test('two approvals at once apply once', async (t) => {
  const scene = await openScene(t, { files: stacksOf('app') });
  const pull = await propose(scene, { branch: 'change', title: 'Change', files: { 'app/main.tf': thing(2) } });
  await seeComment(scene, pull, '🟡 Ready to apply');
  for (const _ of ['first', 'second']) say(scene, pull, { body: '/approve' });
  await seeRun(scene, { commit: headOf(scene, pull), type: 'tracked', status: 'finished' });
  await settle(scene);
  const applies = await scene.db.selectFrom('applies').select('outcome').execute();
  assert.deepEqual(applies, [{ outcome: 'succeeded' }]);
  assert.equal(botComments(scene, pull).filter(({ body }) => body.includes('### ✅ Applied')).length, 1);
  const told = scene.sandbox.conversation(scene.repository, pull).comments.filter(({ body }) => body === '/approve');
  for (const { reactions } of told) assert.match(reactions.at(-1)?.content ?? '', /^(\+1|confused)$/);
});
