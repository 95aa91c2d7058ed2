import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { requestPullRequestReport } from '../../src/db/request-report.ts';
import { buildGate } from '../../src/sandbox/story/gate.ts';
import { botComments, seeCheck, seeComment, seeKnock, seeReply, seeRun } from '../../src/sandbox/story/see.ts';
import { openScene, settle } from '../support/scene.ts';
import { makeRepository, module, openPull, push, runsOf } from '../support/small-repository.ts';

const scene = await openScene({ after });
const { sandbox, db } = scene;

test('a plan that the comment does not show yet cannot be approved by a comment', async (t) => {
  const repository = await makeRepository(scene, 'not-shown');
  const here = { ...scene, repository };
  const { number, branch } = await openPull(scene, repository);
  await seeComment(here, number, '🟡 Ready to apply');
  await settle(scene);
  const gate = await buildGate();
  t.after(() => gate.close());
  const files = { 'network/main.tf': module(77), 'dns/main.tf': module(5), 'dns/company.tf': gate.configuration };
  const commit = await sandbox.commit(repository, { branch, files, message: 'Two', author: 'kim' });
  await seeKnock(scene, gate);
  await seeRun(here, { commit, type: 'plan_only', stack: 'network', status: 'finished' });
  await seeCheck(here, commit, { name: 'zenfra/network', is: 'success', title: /^\+/ });
  await seeComment(here, number, 'plan is out of date', '`/approve` does nothing until it is ready');
  const comment = sandbox.comment(repository, number, { login: 'kim', body: '/approve network' });
  await seeReply(here, number, { to: comment, says: ['so you cannot have seen it'] });
  gate.open();
  await seeComment(here, number, '2 stacks', '🟡 Ready to apply');
  await settle(scene);
  const runs = await runsOf(scene, repository);
  assert.ok(runs.every(({ type }) => type === 'plan_only'));
  const shown = async () => {
    const plans = await db.selectFrom('plans').select('shown_at').where('commit_sha', '=', commit).execute();
    return plans.map(({ shown_at }) => shown_at !== null);
  };
  assert.deepEqual(await shown(), [true, true]);
  // As it is after a kill between the comment and the note that it shows them.
  await db.updateTable('plans').set({ shown_at: null }).where('commit_sha', '=', commit).execute();
  await requestPullRequestReport(db, { repositoryId: repository.id, number });
  await settle(scene);
  assert.deepEqual(await shown(), [true, true]);
});

test('a draft that was planned and is pushed to says that it is not planned', async () => {
  const repository = await makeRepository(scene, 'draft-again');
  const here = { ...scene, repository };
  const { number, branch } = await openPull(scene, repository);
  await seeComment(here, number, '🟡 Ready to apply');
  await sandbox.convertToDraft(repository, number, 'kim');
  await settle(scene);
  await push(scene, repository, branch);
  await seeComment(here, number, '### Zenfra · not planned');
  assert.equal((await runsOf(scene, repository)).length, 1);
});

test('what was applied stays so when somebody discards', async () => {
  const repository = await makeRepository(scene, 'discard-late');
  const here = { ...scene, repository };
  const { number, sha } = await openPull(scene, repository);
  await seeComment(here, number, '🟡 Ready to apply');
  sandbox.comment(repository, number, { login: 'kim', body: '/approve' });
  await seeComment(here, number, '✅ Applied');
  await settle(scene);
  const late = sandbox.comment(repository, number, { login: 'kim', body: '/discard' });
  await seeReply(here, number, { to: late, says: ['Nothing to discard'] });
  await settle(scene);
  await seeCheck(here, sha, { name: 'zenfra/network', is: 'success', title: /^Applied: / });
  assert.match(botComments(here, number)[0]?.body ?? '', /🟢 Applied/);
});

test('a warning is annotated once, however often its check is told anew', async () => {
  const repository = await makeRepository(scene, 'annotated');
  const here = { ...scene, repository };
  const warned = `${module(9)}check "c" {\n  assert {\n    condition     = terraform_data.a.input == 1\n    error_message = "no"\n  }\n}\n`;
  const files = { 'network/main.tf': warned };
  const sha = await sandbox.commit(repository, { branch: 'main', files, message: 'Warn', author: 'kim' });
  const check = await seeCheck(here, sha, { name: 'zenfra/network', is: 'action_required', title: /./ });
  assert.equal(check.output.annotations.length, 1);
  sandbox.pressCheckButton(repository, check.id, { identifier: 'approve', login: 'kim' });
  const applied = await seeCheck(here, sha, { name: 'zenfra/network', is: 'success', title: /^Applied/ });
  await settle(scene);
  assert.equal(applied.output.annotations.length, 1);
});

test('stacks go with the default branch when it is renamed', async () => {
  const repository = await makeRepository(scene, 'renamed-branch');
  const here = { ...scene, repository };
  const { number } = await openPull(scene, repository);
  await seeComment(here, number, '🟡 Ready to apply');
  const renamed = await sandbox.setDefaultBranch(repository, 'trunk');
  await sandbox.editPullRequest(repository, number, { base: 'trunk', by: 'kim' });
  await settle(scene);
  const { sha } = await openPull(scene, renamed);
  await seeCheck(here, sha, { name: 'zenfra/network', is: 'success', title: /^\+/ });
  const stacks = await db.selectFrom('stacks').select('branch').where('repository_id', '=', repository.id).execute();
  assert.deepEqual(
    stacks.map(({ branch }) => branch),
    ['trunk', 'trunk'],
  );
});
