import assert from 'node:assert/strict';
import { test } from 'node:test';
import { propose, say } from '../../src/sandbox/story/act.ts';
import { seeCheck, seeComment, seeReactions, seeRun } from '../../src/sandbox/story/see.ts';
import { writer } from '../../src/sandbox/story/story-stage.ts';
import { openScene, settle, stacksOf, thing } from '../support/scene.ts';

test('what is merged without an apply is planned on the branch, shown on the pull request and approved there', async (t) => {
  const scene = await openScene(t, { files: stacksOf('app') });
  const pull = await propose(scene, { branch: 'change', title: 'Change', files: { 'app/main.tf': thing(2) } });
  await seeComment(scene, pull, '🟡 Ready to apply');
  const sha = await scene.sandbox.mergePullRequest(scene.repository, pull, writer);
  const run = await seeRun(scene, { commit: sha, type: 'tracked', stack: 'app', status: 'unconfirmed' });
  await seeComment(scene, pull, `run=${run.id} plan -->`, '1 to add', '/approve');
  await seeCheck(scene, sha, { name: 'zenfra/app', is: 'action_required', title: 'Needs approval: +1 ~0 -0' });
  const comment = say(scene, pull, { body: '/approve' });
  await seeRun(scene, { commit: sha, type: 'tracked', stack: 'app', status: 'finished' });
  await seeReactions(scene, pull, { on: comment, are: 'eyes rocket +1' });
  await seeComment(scene, pull, '### ✅ Applied `app` · 1 added', `Approved by @${writer}`);
  await seeCheck(scene, sha, { name: 'zenfra/app', is: 'success', title: /^Applied: \+1 ~0 -0/ });
  await settle(scene);
  await seeComment(scene, pull, `run=${run.id} plan -->`, '🟢 Applied');
  assert.equal((await scene.db.selectFrom('applies').select('outcome').execute()).length, 1);
});
