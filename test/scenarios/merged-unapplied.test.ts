import assert from 'node:assert/strict';
import { test } from 'node:test';
import { propose, push, say } from '../../src/sandbox/story/act.ts';
import { seeCheck, seeComment, seeReactions, seeReply, seeRun } from '../../src/sandbox/story/see.ts';
import { writer } from '../../src/sandbox/story/story-stage.ts';
import { openScene, settle, stacksOf, thing } from '../support/scene.ts';

test('what is merged without an apply is planned on the branch, shown on the pull request and approved there', async (t) => {
  const scene = await openScene(t, { files: stacksOf('app') });
  const pull = await propose(scene, { branch: 'change', title: 'Change', files: { 'app/main.tf': thing(2) } });
  await seeComment(scene, pull, '🟡 Ready to apply');
  const sha = await scene.sandbox.mergePullRequest(scene.repository, pull, writer);
  const run = await seeRun(scene, { commit: sha, type: 'tracked', stack: 'app', status: 'unconfirmed' });
  await seeComment(scene, pull, `run=${run.id} plan -->`, '1 to add', '/approve');
  await seeComment(scene, pull, '🟡 Planned', 'This pull request is merged: what is applied is the plan of its push.');
  await seeCheck(scene, sha, { name: 'zenfra/app', is: 'action_required', title: 'Needs approval: +1 ~0 -0' });
  // That it was shown is noted a moment after it is.
  await settle(scene);
  const comment = say(scene, pull, { body: '/approve' });
  await seeRun(scene, { commit: sha, type: 'tracked', stack: 'app', status: 'finished' });
  await seeReactions(scene, pull, { on: comment, are: 'eyes rocket +1' });
  await seeComment(scene, pull, '### ✅ Applied `app` · 1 added', `Approved by @${writer}`);
  await seeCheck(scene, sha, { name: 'zenfra/app', is: 'success', title: /^Applied: \+1 ~0 -0/ });
  await settle(scene);
  await seeComment(scene, pull, `run=${run.id} plan -->`, '🟢 Applied');
  assert.equal((await scene.db.selectFrom('applies').select('outcome').execute()).length, 1);
});

test('of two merges that are handled together each stack’s run belongs to its own pull request, and to its author', async (t) => {
  const files = stacksOf('one', 'two');
  const rule = 'defaults:\n  approval:\n    self_approve: false\n';
  const scene = await openScene(t, { files: { ...files, 'zenfra.yml': rule + files['zenfra.yml'] } });
  const { sandbox, repository } = scene;
  // From here on the branch is acted on.
  const known = await push(scene, { branch: 'main', files: { 'one/main.tf': thing(5) }, message: 'Begin' });
  await seeRun(scene, { commit: known, type: 'tracked', stack: 'one', status: 'unconfirmed' });
  const open = async (author: string, stack: string) => {
    sandbox.setPermission(repository, author, 'write');
    const change = { branch: stack, files: { [`${stack}/main.tf`]: thing(2) } };
    await sandbox.commit(repository, { ...change, message: stack, author });
    return sandbox.openPullRequest(repository, { title: stack, head: stack, base: 'main', author });
  };
  const [first, second] = [await open('ann', 'one'), await open('bob', 'two')];
  for (const pull of [first, second]) await seeComment(scene, pull, '🟡 Ready to apply');
  sandbox.faults.onDelivery({ when: ({ event }) => event === 'push', does: 'delay', delayMs: 1_000 });
  await sandbox.mergePullRequest(repository, first, 'ann');
  const commit = await sandbox.mergePullRequest(repository, second, 'bob');
  for (const stack of ['one', 'two']) await seeRun(scene, { commit, type: 'tracked', stack, status: 'unconfirmed' });
  const runs = await scene.db
    .selectFrom('runs')
    .innerJoin('stacks', 'stacks.id', 'runs.stack_id')
    .select(['stacks.name', 'runs.pull_request_number', 'runs.triggered_by', 'runs.authors'])
    .where('runs.commit_sha', '=', commit)
    .orderBy('stacks.name')
    .execute();
  assert.deepEqual(runs, [
    { name: 'one', pull_request_number: first, triggered_by: 'ann', authors: ['ann'] },
    { name: 'two', pull_request_number: second, triggered_by: 'bob', authors: ['bob'] },
  ]);
  for (const pull of [first, second]) await seeComment(scene, pull, ' plan -->', '1 to add');
  await settle(scene);
  const own = say(scene, first, { login: 'ann', body: '/approve' });
  await seeReply(scene, first, { to: own, says: ['by somebody else than who made the change, and @ann did'] });
  say(scene, second, { login: 'ann', body: '/approve' });
  await seeRun(scene, { commit, type: 'tracked', stack: 'two', status: 'finished' });
});

test('of a pull request that nobody looked at before its merge the stacks of its runs can be named', async (t) => {
  const scene = await openScene(t, { files: stacksOf('app') });
  scene.sandbox.faults.onDelivery({ when: ({ event }) => event === 'pull_request', does: 'drop', times: 10 });
  const pull = await propose(scene, { branch: 'change', title: 'Change', files: { 'app/main.tf': thing(2) } });
  const sha = await scene.sandbox.mergePullRequest(scene.repository, pull, writer);
  const run = await seeRun(scene, { commit: sha, type: 'tracked', stack: 'app', status: 'unconfirmed' });
  await seeComment(scene, pull, `run=${run.id} plan -->`, '1 to add');
  await settle(scene);
  say(scene, pull, { body: '/approve app' });
  await seeRun(scene, { commit: sha, type: 'tracked', stack: 'app', status: 'finished' });
});
