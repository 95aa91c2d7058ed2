import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { headOf, propose, push, say } from '../../src/sandbox/story/act.ts';
import { seeComment, seeReactions, seeReply, seeRun } from '../../src/sandbox/story/see.ts';
import { writer } from '../../src/sandbox/story/story-stage.ts';
import { openScene, settle, stacksOf, thing } from '../support/scene.ts';

const scene = await openScene({ after }, { files: stacksOf('app', 'web') });

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
  await scene.sandbox.closePullRequest(scene.repository, second, writer);
  await settle(scene);
});

test('`/approve` of all applies what is ready, says what it leaves out, and plans anew what is out of date', async () => {
  const files = { 'app/main.tf': thing(4), 'web/main.tf': thing(2) };
  const pull = await propose(scene, { branch: 'third', title: 'Third', files });
  const commit = headOf(scene, pull);
  const run = await seeRun(scene, { commit, type: 'plan_only', stack: 'app', status: 'finished' });
  await settle(scene);
  const long = new Date(Date.now() - 25 * 3_600_000);
  await scene.db.updateTable('plans').set({ created_at: long }).where('run_id', '=', run.id).execute();
  const to = say(scene, pull, { body: '/approve' });
  await seeRun(scene, { commit, type: 'tracked', stack: 'web', status: 'finished' });
  await seeReply(scene, pull, { to, says: ['Left out: `app`.', 'is out of date because it is older than 24h'] });
  await seeRun(scene, { commit, type: 'plan_only', stack: 'app', status: 'finished', after: run.number });
  await seeReactions(scene, pull, { on: to, are: 'eyes rocket +1' });
});

test('what a pull request applied and took back is planned on, and after its merge on the branch', async () => {
  await scene.sandbox.closePullRequest(scene.repository, scene.pulls.get('third') ?? 0, writer);
  const fourth = await propose(scene, { branch: 'fourth', title: 'Fourth', files: { 'app/main.tf': thing(5) } });
  await seeComment(scene, fourth, '🟡 Ready to apply');
  say(scene, fourth, { body: '/approve' });
  await seeRun(scene, { commit: headOf(scene, fourth), type: 'tracked', status: 'finished' });
  await push(scene, { branch: 'fourth', message: 'Back', files: { 'app/main.tf': thing(1), 'notes.md': 'n' } });
  const back = await seeRun(scene, {
    commit: headOf(scene, fourth),
    type: 'plan_only',
    stack: 'app',
    status: 'finished',
  });
  assert.equal(back.trigger_reason, 'pull request touched what it had applied before');
  await seeComment(scene, fourth, '1 to change');
  const commit = await scene.sandbox.mergePullRequest(scene.repository, fourth, writer);
  const after = await seeRun(scene, { commit, type: 'tracked', stack: 'app', status: 'unconfirmed' });
  assert.equal(after.trigger_reason, 'push touched what its pull request had applied before');
  assert.equal(after.change_count, 1);
});

test('what a pull request holds it releases also when its head touches the stack no more', async () => {
  const fifth = await propose(scene, { branch: 'fifth', title: 'Fifth', files: { 'web/main.tf': thing(6) } });
  await seeComment(scene, fifth, '🟡 Ready to apply');
  say(scene, fifth, { body: '/approve' });
  await seeRun(scene, { commit: headOf(scene, fifth), type: 'tracked', status: 'finished' });
  await push(scene, { branch: 'fifth', message: 'Back', files: { 'web/main.tf': thing(1), 'notes.md': 'm' } });
  await settle(scene);
  const release = say(scene, fifth, { body: '/unlock web' });
  await seeReply(scene, fifth, { to: release, says: ['Unlocked `web`.'] });
  const plan = say(scene, fifth, { body: '/plan web' });
  await seeReply(scene, fifth, { to: plan, says: ['No changed file matches the paths of a stack.'] });
});
