import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { headOf, propose, say } from '../../src/sandbox/story/act.ts';
import { buildGate } from '../../src/sandbox/story/gate.ts';
import { countRuns, seeCheck, seeComment, seeKnock, seeLog, seeReply, seeRun } from '../../src/sandbox/story/see.ts';
import { writer } from '../../src/sandbox/story/story-stage.ts';
import { openScene, settle, stacksOf, thing } from '../support/scene.ts';

const scene = await openScene({ after }, { files: stacksOf('app') });

test('a pull request from a fork is not planned by itself, and not applied', async () => {
  const { sandbox, repository } = scene;
  sandbox.createUser('mallory');
  const fork = await sandbox.forkRepository(repository, 'mallory');
  const commit = { branch: 'nice', files: { 'app/main.tf': thing(2) }, message: 'Nice', author: 'mallory' };
  const sha = await sandbox.commit(fork, commit);
  const pull = { title: 'Nice', head: 'nice', base: 'main', author: 'mallory', headRepository: fork };
  const number = await sandbox.openPullRequest(repository, pull);
  await seeCheck(scene, sha, { name: 'zenfra', is: 'action_required', title: 'Fork: not planned', buttons: [] });
  for (const [body, what] of [
    ['/plan', 'planned unasked'],
    ['/approve', 'applied'],
  ] as const) {
    const comment = say(scene, number, { body });
    await seeReply(scene, number, { to: comment, says: ['comes from a fork', `nothing of a fork is ${what}`] });
  }
  await settle(scene);
  assert.equal(await countRuns(scene), 0);
});

test('of a branch that no stack tracks it is not said that there are no stacks', async () => {
  const { sandbox, repository } = scene;
  await sandbox.commit(repository, { branch: 'develop', files: {}, message: 'Develop', author: writer });
  const change = { branch: 'to-develop', files: { 'app/main.tf': thing(9) }, message: 'x', author: writer };
  const sha = await sandbox.commit(repository, change);
  const pull = { title: 'x', head: 'to-develop', base: 'develop', author: writer };
  await sandbox.openPullRequest(repository, pull);
  const check = await seeCheck(scene, sha, { name: 'zenfra', is: 'success', title: 'No stacks affected' });
  assert.match(
    check.output.summary ?? '',
    /^No stack tracks the branch that this pull request goes to\. .* zenfra\.yml.* what Terragrunt, CDKTF or another tool generates is planned where that is committed/,
  );
  await settle(scene);
  assert.equal(await countRuns(scene), 0);
});

test('a draft is planned once it is ready for review', async () => {
  const files = { 'app/main.tf': thing(2) };
  const pull = await propose(scene, { branch: 'draft', title: 'Not yet', files, draft: true });
  const sha = headOf(scene, pull);
  await seeCheck(scene, sha, { name: 'zenfra', is: 'skipped', title: 'Draft pull request', buttons: [] });
  const early = say(scene, pull, { body: '/approve' });
  await seeReply(scene, pull, { to: early, says: ['Not applied: this pull request is a draft.'] });
  assert.equal(await countRuns(scene), 0);
  await scene.sandbox.markReadyForReview(scene.repository, pull, writer);
  await seeCheck(scene, sha, { name: 'zenfra', is: 'success', title: '1 stack: +1 ~0 -0' });
  await seeComment(scene, pull, '🟡 Ready to apply');
});

test('the comment of a draft and of a closed pull request does not ask for an approval', async () => {
  const { sandbox, repository } = scene;
  const files = { 'app/main.tf': thing(3) };
  const pull = await propose(scene, { branch: 'draft-too', title: 'Not yet', files, draft: true });
  say(scene, pull, { body: '/plan' });
  await seeComment(scene, pull, '🟡 Planned', 'Nothing of a draft is applied.');
  await sandbox.markReadyForReview(repository, pull, writer);
  await seeComment(scene, pull, '🟡 Ready to apply', '/approve');
  await sandbox.closePullRequest(repository, pull, writer);
  await seeComment(scene, pull, '🟡 Planned', 'This pull request is closed: none of its plans can be applied.');
  await sandbox.reopenPullRequest(repository, pull, writer);
  await seeComment(scene, pull, '🟡 Ready to apply', '/approve');
});

test('a plan that is under way when its pull request is closed ends, and so do its checks', async (t) => {
  const gate = await buildGate();
  t.after(() => gate.close());
  const files = { 'app/company.tf': gate.configuration };
  const pull = await propose(scene, { branch: 'company', title: 'Read the address plan', files });
  const sha = headOf(scene, pull);
  const run = await seeRun(scene, { commit: sha, type: 'plan_only', status: 'planning' });
  await seeCheck(scene, sha, { name: 'zenfra/app', is: 'in_progress', title: 'Planning…' });
  await seeKnock(scene, gate);
  await scene.sandbox.closePullRequest(scene.repository, pull, writer);
  await seeLog(scene, run, { phase: 'planning', text: 'Interrupt received' });
  gate.open();
  const title = 'Canceled by the end of the pull request';
  await seeCheck(scene, sha, { name: 'zenfra/app', is: 'cancelled', title });
  await seeCheck(scene, sha, { name: 'zenfra', is: 'neutral', title: 'Pull request closed' });
});

test('a run that is canceled once more while its engine ends is said to be on its way', async (t) => {
  const gate = await buildGate();
  t.after(() => gate.close());
  const files = { 'app/company.tf': gate.configuration };
  const pull = await propose(scene, { branch: 'company-twice', title: 'Read the address plan', files });
  const run = await seeRun(scene, { commit: headOf(scene, pull), type: 'plan_only', status: 'planning' });
  await seeKnock(scene, gate);
  const first = say(scene, pull, { body: '/cancel' });
  await seeReply(scene, pull, { to: first, says: [`Canceling [run #${run.number}]`] });
  const again = say(scene, pull, { body: '/cancel' });
  await seeReply(scene, pull, { to: again, says: ['already: it ends as soon as its engine does.'] });
  gate.open();
  await seeRun(scene, { commit: headOf(scene, pull), type: 'plan_only', status: 'canceled' });
});
