import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headOf, propose, say } from '../../src/sandbox/story/act.ts';
import { seeComment, seeRun } from '../../src/sandbox/story/see.ts';
import { writer } from '../../src/sandbox/story/story-stage.ts';
import { until } from '../../src/sandbox/story/until.ts';
import { openScene, settle, stacksOf, thing } from '../support/scene.ts';

test('a pull request that is closed while its apply is about to start leaves no hold that nobody releases', async (t) => {
  const scene = await openScene(t, { files: stacksOf('app') });
  const pull = await propose(scene, { branch: 'change', title: 'Change', files: { 'app/main.tf': thing(2) } });
  await seeComment(scene, pull, '🟡 Ready to apply');
  let asked = 0;
  let before = Number.POSITIVE_INFINITY;
  // The worker asks for both at once, and hears that the pull request is open before it hears of the permission.
  scene.sandbox.faults.onCall({
    when: ({ path }) => {
      if (!path.endsWith(`/collaborators/${writer}/permission`)) return false;
      asked += 1;
      if (asked === 2) before = scene.sandbox.calls.findLastIndex(({ path: other }) => other === path);
      return asked === 2;
    },
    delayMs: 3_000,
  });
  const isAnswered = () =>
    scene.sandbox.calls.some(
      ({ path, status }, index) => index > before - 2 && path.endsWith(`/pulls/${pull}`) && status === 200,
    );
  say(scene, pull, { body: '/approve' });
  await until(scene.signal, {
    expected: 'the worker to hear that the pull request is open',
    look: () => isAnswered() || undefined,
    seen: () => `${asked} questions about the permission`,
  });
  await scene.sandbox.closePullRequest(scene.repository, pull, writer);
  const run = await seeRun(scene, { commit: headOf(scene, pull), type: 'tracked', status: 'failed' });
  assert.match(run.failure?.headline ?? '', /^Not applied: This pull request is closed\./);
  await settle(scene);
  const held = await scene.db.selectFrom('stack_holds').select('note').where('released_at', 'is', null).execute();
  assert.deepEqual(held, []);
});
