import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { headOf, propose, say } from '../../src/sandbox/story/act.ts';
import { seeComment, seeReactions, seeReply, seeRun } from '../../src/sandbox/story/see.ts';
import { writer } from '../../src/sandbox/story/story-stage.ts';
import { openScene, settle, stacksOf, thing } from '../support/scene.ts';

const scene = await openScene({ after }, { files: stacksOf('app') });

test('a stack belongs to the pull request that applied to it until that is closed', async () => {
  const first = await propose(scene, { branch: 'first', title: 'First', files: { 'app/main.tf': thing(2) } });
  await seeComment(scene, first, '🟡 Ready to apply');
  say(scene, first, { body: '/approve' });
  await seeRun(scene, { commit: headOf(scene, first), type: 'tracked', status: 'finished' });

  const second = await propose(scene, { branch: 'second', title: 'Second', files: { 'app/main.tf': thing(3) } });
  await seeComment(scene, second, `🟡 Held: by pull request \`#${first}\``);
  const early = say(scene, second, { body: '/approve' });
  const held = `Not applied: \`app\` is held by pull request #${first}, which applied to it.`;
  await seeReply(scene, second, { to: early, says: [held] });

  await scene.sandbox.closePullRequest(scene.repository, first, writer);
  await settle(scene);
  const late = say(scene, second, { body: '/approve' });
  await seeReactions(scene, second, { on: late, are: 'eyes rocket +1' });
  await seeComment(scene, second, '### ✅ Applied `app` · 1 changed');
  const holds = await scene.db.selectFrom('stack_holds').select(['pull_request_number', 'released_by']).execute();
  assert.deepEqual(holds.map(({ pull_request_number: number }) => number).sort(), [first, second].sort());
  assert.equal(holds.filter(({ released_by }) => released_by === null).length, 1);
});
