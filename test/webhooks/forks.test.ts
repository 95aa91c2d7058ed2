import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { botComments, seeComment, seeReply } from '../../src/sandbox/story/see.ts';
import { until } from '../../src/sandbox/story/until.ts';
import { openScene, settle } from '../support/scene.ts';
import { makeRepository, module, push, runsOf, settledRuns } from '../support/small-repository.ts';
import { handIn, sentFor } from './hand-in.ts';

// As a worker is started: where it can keep runs apart, code of forks is planned.
const isolation = { kind: 'auto' as const, readable: [], writable: [], limits: { memoryMb: 8192, processes: 4096 } };
const scene = await openScene({ after }, { isolation });
const { sandbox } = scene;

test('a pull request of a fork makes no run, and its check says why in a sentence', async () => {
  const repository = await makeRepository(scene, 'forked');
  sandbox.createUser('stranger');
  const fork = await sandbox.forkRepository(repository, 'stranger');
  const change = { branch: 'evil', files: { 'network/main.tf': module(66) }, message: 'x', author: 'stranger' };
  const sha = await sandbox.commit(fork, change);
  const pull = { title: 'x', head: 'evil', base: 'main', author: 'stranger', headRepository: fork };
  const number = await sandbox.openPullRequest(repository, pull);
  const check = await until(scene.signal, {
    expected: 'a check on the fork’s commit',
    look: () => sandbox.checks(repository, sha).find(({ status }) => status === 'completed'),
    seen: () => JSON.stringify(sandbox.checks(repository, sha)),
  });
  assert.equal(check.conclusion, 'action_required');
  assert.match(check.output.summary ?? '', /^This pull request comes from a fork, and nothing of a fork is planned/);
  assert.deepEqual(await runsOf(scene, repository), []);
  assert.deepEqual(sandbox.conversation(repository, number).comments, []);
  // Merged, it is the repository's own: its plan asks for the approval that it can have.
  await sandbox.mergePullRequest(repository, number, 'kim');
  await seeComment({ ...scene, repository }, number, '1 to add', '**To apply this plan**, comment:\n```\n/approve');
});

test('a commit of a fork is planned when somebody who may write names it whole: without bundles, without the state, and never to be applied', async () => {
  const repository = await makeRepository(scene, 'read-first');
  const here = { ...scene, repository };
  sandbox.createUser('outsider');
  const fork = await sandbox.forkRepository(repository, 'outsider');
  // The backend is the fork's own: that one is not asked either.
  const files = { 'network/main.tf': module(69), 'network/backend.tf': 'terraform {\n  backend "s3" {}\n}\n' };
  const sha = await sandbox.commit(fork, { branch: 'good', files, message: 'x', author: 'outsider' });
  const pull = { title: 'x', head: 'good', base: 'main', author: 'outsider', headRepository: fork };
  const number = await sandbox.openPullRequest(repository, pull);
  const say = (login: string, body: string) => sandbox.comment(repository, number, { login, body });
  for (const body of ['/plan', `/plan ${sha.slice(0, 12)}`, `/plan network`]) {
    await seeReply(here, number, { to: say('kim', body), says: ['comes from a fork', `/plan ${sha}`] });
  }
  await seeReply(here, number, { to: say('outsider', `/plan ${sha}`), says: ['needs the `write` permission'] });
  assert.deepEqual(await runsOf(scene, repository), []);

  say('kim', `/plan ${sha}`);
  const [run] = await settledRuns(scene, repository, 1);
  assert.ok(run);
  await settle(scene);
  const given = await scene.db.selectFrom('state_credentials').select('run_id').where('run_id', '=', run.id).execute();
  assert.deepEqual(given, []);
  const workers = await scene.db.selectFrom('workers').select('isolation').execute();
  if (workers.some(({ isolation }) => isolation?.protected === false)) {
    // Where runs are not kept apart, strangers' code is not let in at all.
    assert.equal(run.failure?.headline, 'Nothing of a fork is planned on this worker');
    return;
  }
  assert.equal(run.status, 'finished', run.failure?.headline);
  const comment = botComments(here, number).find(({ body }) => body.includes('1 to add'));
  assert.match(comment?.body ?? '', /planned without credentials and without the state/);
  assert.doesNotMatch(comment?.body ?? '', /\/approve/);
  const checks = sandbox.checks(repository, sha);
  const zenfra = checks.findLast(({ name }) => name === 'zenfra');
  assert.equal(zenfra?.conclusion, 'action_required');
  assert.equal(zenfra?.output.title, 'Fork: planned without state');
  assert.deepEqual(
    checks.flatMap(({ actions }) => actions),
    [],
  );
  await seeReply(here, number, { to: say('kim', '/approve'), says: ['nothing of a fork is applied'] });
  assert.equal((await runsOf(scene, repository)).length, 1);
});

test('a pull request whose repository is gone makes no run, and its check says why in a sentence', async () => {
  const repository = await makeRepository(scene, 'orphaned');
  sandbox.createUser('gone');
  const fork = await sandbox.forkRepository(repository, 'gone');
  const change = { branch: 'left', files: { 'network/main.tf': module(67) }, message: 'x', author: 'gone' };
  const sha = await sandbox.commit(fork, change);
  const pull = { title: 'x', head: 'left', base: 'main', author: 'gone', headRepository: fork };
  sandbox.faults.onDelivery({ when: ({ event }) => event === 'pull_request', does: 'drop' });
  await sandbox.openPullRequest(repository, pull);
  sandbox.deleteRepository(fork);
  const sent = sentFor(scene, repository, 'pull_request').at(-1) as { pull_request?: { head: object } } | undefined;
  const orphan = { ...sent?.pull_request, head: { ...sent?.pull_request?.head, repo: null } };
  const outcome = await handIn(scene, 'pull_request', { ...sent, pull_request: orphan });
  assert.equal(outcome, 'a fork: not planned');
  await settle(scene);
  const check = sandbox.checks(repository, sha).find(({ name }) => name === 'zenfra');
  assert.equal(check?.conclusion, 'action_required');
  assert.match(check?.output.summary ?? '', /^This pull request comes from a fork, and nothing of a fork is planned/);
  assert.deepEqual(await runsOf(scene, repository), []);
});

test('what a fork writes into zenfra.yml is not read: no stack appears, and none that is gone comes back', async () => {
  const repository = await makeRepository(scene, 'fork-yml');
  await push(scene, repository, 'main');
  await settledRuns(scene, repository, 1);
  const dropped = { 'zenfra.yml': 'stacks:\n  network:\n    path: network\n' };
  await sandbox.commit(repository, { branch: 'main', files: dropped, message: 'Drop dns', author: 'kim' });
  await settle(scene);
  const stacks = () =>
    scene.db.selectFrom('stacks').selectAll().where('repository_id', '=', repository.id).orderBy('name').execute();
  const before = await stacks();
  assert.deepEqual(
    before.map(({ name, removed_at }) => [name, removed_at === null]),
    [
      ['dns', false],
      ['network', true],
    ],
  );
  sandbox.createUser('mallory');
  const fork = await sandbox.forkRepository(repository, 'mallory');
  const files = {
    'zenfra.yml': 'stacks:\n  dns: { path: evil }\n  mine: { path: evil }\n',
    'evil/main.tf': module(68),
  };
  const sha = await sandbox.commit(fork, { branch: 'evil', files, message: 'x', author: 'mallory' });
  const pull = { title: 'x', head: 'evil', base: 'main', author: 'mallory', headRepository: fork };
  await sandbox.openPullRequest(repository, pull);
  await settle(scene);
  assert.deepEqual(await stacks(), before);
  const check = sandbox.checks(repository, sha).find(({ name }) => name === 'zenfra');
  assert.equal(check?.conclusion, 'action_required');
});
