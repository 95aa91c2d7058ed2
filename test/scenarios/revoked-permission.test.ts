import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headOf, propose, say } from '../../src/sandbox/story/act.ts';
import { seeComment, seeReactions, seeRun } from '../../src/sandbox/story/see.ts';
import { writer } from '../../src/sandbox/story/story-stage.ts';
import { openScene, settle, stacksOf, thing } from '../support/scene.ts';

test('whoever loses the permission between the comment and the start has approved nothing', async (t) => {
  const scene = await openScene(t, { files: stacksOf('app') });
  const pull = await propose(scene, { branch: 'change', title: 'Change', files: { 'app/main.tf': thing(2) } });
  await seeComment(scene, pull, '🟡 Ready to apply');
  let asked = 0;
  scene.sandbox.faults.onCall({
    when: ({ path }) => {
      if (!path.endsWith(`/collaborators/${writer}/permission`)) return false;
      asked += 1;
      // The first question is the comment's, the second that of the worker who is about to apply.
      if (asked === 2) scene.sandbox.setPermission(scene.repository, writer, 'read');
      return false;
    },
  });
  const comment = say(scene, pull, { body: '/approve' });
  const run = await seeRun(scene, { commit: headOf(scene, pull), type: 'tracked', status: 'failed' });
  assert.equal(run.failure?.reason, 'refused');
  assert.match(run.failure?.headline ?? '', /^Not applied: `\/approve` needs the `write` permission/);
  await seeReactions(scene, pull, { on: comment, are: 'eyes rocket -1' });
  await seeComment(scene, pull, '### ❌ Not applied: `app`', 'Nothing was changed');
  await settle(scene);
  assert.deepEqual(await scene.db.selectFrom('applies').select('run_id').execute(), []);
  assert.deepEqual(await scene.db.selectFrom('state_versions').select('id').execute(), []);
});
