import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { requestPullRequestReport } from '../../src/db/request-report.ts';
import { until } from '../../src/sandbox/story/until.ts';
import { openScene, settle } from '../support/scene.ts';
import { makeRepository, openPull, runsOf, settledRuns } from '../support/small-repository.ts';
import { handIn, sentFor } from './hand-in.ts';

const scene = await openScene({ after });
const { sandbox } = scene;

const repository = await makeRepository(scene, 'checked');
const { number, sha } = await openPull(scene, repository);
await settledRuns(scene, repository, 1);
await settle(scene);

const stackCheck = () => sandbox.checks(repository, sha).findLast(({ name }) => name === 'zenfra/network');

/** A signed press of a button of the stack's check, with other fields in its place. */
async function press(others: { check?: object; identifier?: string; sender?: object; action?: string } = {}) {
  const { check = {}, identifier = 'plan_again', sender = { login: 'kim', type: 'User' } } = others;
  const body = sentFor(scene, repository, 'check_run').at(-1) ?? {};
  return handIn(scene, 'check_run', {
    ...body,
    action: others.action ?? 'requested_action',
    check_run: { ...(body.check_run as object), ...check },
    requested_action: { identifier },
    sender,
  });
}

test('a re-run that somebody who may only read asks for is refused, and the check says why', async () => {
  sandbox.rerequestCheck(repository, stackCheck()?.id ?? 0, 'lee');
  const summary = await until(scene.signal, {
    expected: 'the check to name the missing permission',
    look: () => [stackCheck()?.output.summary ?? ''].find((text) => text.includes('@lee has `read`')),
    seen: () => String(stackCheck()?.output.summary),
  });
  assert.match(summary, /^> \[!WARNING\]\n> `\/plan` needs the `write` permission/);
  assert.equal((await runsOf(scene, repository)).length, 1);
});

test('a press that GitHub would not send is answered and does nothing', async () => {
  const [run] = await runsOf(scene, repository);
  const other = await makeRepository(scene, 'other');
  await openPull(scene, other);
  const [foreign] = await settledRuns(scene, other, 1);
  for (const [others, outcome] of [
    [{ check: { app: { id: 99 } } }, 'another App’s check: nothing to do'],
    [{ check: { app: null } }, 'another App’s check: nothing to do'],
    [{ sender: { login: 'dependabot[bot]', type: 'Bot' } }, 'not a person: nothing to do'],
    [{ action: 'created' }, 'action created: nothing to do'],
    [{ check: { external_id: '' } }, 'no run  in this repository'],
    [{ check: { external_id: "x' or '1'='1" } }, "no run x' or '1'='1 in this repository"],
    [{ check: { external_id: foreign?.id } }, `no run ${foreign?.id} in this repository`],
    [{ identifier: '__proto__' }, '__proto__: There is no button __proto__ here.'],
    [{ identifier: 'approve' }, 'approve: This run is finished; only a run that needs approval can be approved.'],
    [{ identifier: 'cancel' }, 'cancel: This run is finished; there is nothing to cancel.'],
  ] as const) {
    assert.equal(await press(others), outcome);
  }
  assert.deepEqual(await runsOf(scene, repository), [{ ...run, notice: (await runsOf(scene, repository))[0]?.notice }]);
});

test('a person without any permission cannot press, whatever GitHub calls them', async () => {
  const stranger = { login: 'nobody-knows', type: 'User', site_admin: true };
  assert.match(await press({ identifier: 'apply_plan', sender: stranger }), /@nobody-knows has no permission/);
  assert.equal((await runsOf(scene, repository)).length, 1);
});

test('a merge queue is answered once, with where its plans are', async () => {
  await sandbox.queuePullRequest(repository, number, 'kim');
  await sandbox.idle();
  const body = sentFor(scene, repository, 'merge_group').at(-1) ?? {};
  const { head_sha: queued } = body.merge_group as { head_sha: string };
  const check = await until(scene.signal, {
    expected: 'a check on the queue’s commit',
    look: () => sandbox.checks(repository, queued)[0],
    seen: () => 'none',
  });
  assert.deepEqual(
    [check.name, check.conclusion, check.output.title],
    ['zenfra', 'success', 'Planned on the pull request'],
  );
  assert.equal(await handIn(scene, 'merge_group', body), 'This delivery is known already.');
  assert.equal(sandbox.checks(repository, queued).length, 1);
  const gone = { ...body, merge_group: { ...(body.merge_group as object), head_sha: 'c'.repeat(40) } };
  assert.equal(await handIn(scene, 'merge_group', gone), `commit ${'c'.repeat(40)} is gone`);
});

test('re-running all checks plans again for somebody who may write, and for nobody else', async () => {
  await sandbox.rerequestSuite(repository, sha, 'lee');
  await settle(scene);
  assert.equal((await runsOf(scene, repository)).length, 1);
  await sandbox.rerequestSuite(repository, sha, 'kim');
  const [, again] = await settledRuns(scene, repository, 2);
  assert.equal(again?.triggered_by, 'kim');
});

test('a check that nothing new is to be said of is told again to GitHub, which waits for it', async () => {
  const untouched = await makeRepository(scene, 'untouched');
  const files = { 'README.md': 'x' };
  const head = await sandbox.commit(untouched, { branch: 'words', files, message: 'Words', author: 'kim' });
  await sandbox.openPullRequest(untouched, { title: 'Words', head: 'words', base: 'main', author: 'kim' });
  await settle(scene);
  const [check] = sandbox.checks(untouched, head);
  const told = () => sandbox.calls.filter(({ method, path }) => method !== 'GET' && path.includes('/check-runs'));
  for (const ask of [
    () => sandbox.rerequestCheck(untouched, check?.id ?? 0, 'kim'),
    () => sandbox.rerequestSuite(untouched, head, 'kim'),
  ]) {
    const before = told().length;
    await ask();
    await settle(scene);
    assert.equal(told().length, before + 1);
  }
  const titles = sandbox.checks(untouched, head).map(({ name, output }) => `${name}: ${output.title}`);
  assert.deepEqual(titles, ['zenfra: No stacks affected']);
});

test('a suite of a commit that is no pull request’s head plans nothing', async () => {
  const body = sentFor(scene, repository, 'check_suite').at(-1) ?? {};
  const suite = { ...(body.check_suite as object), head_sha: 'f'.repeat(40) };
  const outcome = await handIn(scene, 'check_suite', { ...body, check_suite: suite });
  assert.equal(outcome, `no open pull request has the head ${'f'.repeat(40)}`);
});

test('an App that is taken off an account says nothing more there', async () => {
  const left = await makeRepository(scene, 'left', { owner: 'leaving' });
  const { number: pull } = await openPull(scene, left);
  await settledRuns(scene, left, 1);
  await settle(scene);
  sandbox.deleteInstallation('leaving');
  await settle(scene);
  const before = sandbox.calls.length;
  const row = await scene.db.selectFrom('repositories').selectAll().where('id', '=', left.id).executeTakeFirstOrThrow();
  assert.ok(row.removed_at);
  await requestPullRequestReport(scene.db, { repositoryId: left.id, number: pull });
  await settle(scene);
  assert.equal(sandbox.calls.length, before);
});

test('an App that is still there is not taken off by an old webhook, nor by the name of another event', async () => {
  const stays = await makeRepository(scene, 'stays', { owner: 'staying' });
  await openPull(scene, stays);
  await settledRuns(scene, stays, 1);
  const installation = { id: stays.installationId, account: { login: 'staying' } };
  const gone = { action: 'deleted', installation, repositories: [{ id: stays.id }] };
  assert.equal(await handIn(scene, 'installation', gone), `installation ${stays.installationId} is there`);
  const removed = { ...gone, action: 'removed', repositories_added: [], repositories_removed: [{ id: stays.id }] };
  assert.equal(await handIn(scene, 'installation_repositories', removed), '0 repositories added, 0 removed');
  const theirs = { ...removed, installation: { id: scene.repository.installationId } };
  assert.equal(await handIn(scene, 'installation_repositories', theirs), '0 repositories added, 0 removed');
  const row = await scene.db
    .selectFrom('repositories')
    .selectAll()
    .where('id', '=', stays.id)
    .executeTakeFirstOrThrow();
  assert.equal(row.removed_at, null);
});
