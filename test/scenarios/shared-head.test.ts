import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, test } from 'node:test';
import { requestPullRequestReport } from '../../src/db/request-report.ts';
import type { SandboxRepository } from '../../src/sandbox/github.ts';
import { buildGate } from '../../src/sandbox/story/gate.ts';
import { botComments, seeCheck, seeComment, seeKnock } from '../../src/sandbox/story/see.ts';
import { writer } from '../../src/sandbox/story/story-stage.ts';
import { openScene, settle } from '../support/scene.ts';
import { makeRepository, module, openPull, push, runsOf } from '../support/small-repository.ts';

const scene = await openScene({ after });
const { sandbox } = scene;
const broken = { 'network/main.tf': 'resource "terraform_data" "a" {\n  inputt = 1\n}\n' };

/** A repository with a branch `release` that no stack tracks. */
async function withRelease(name: string): Promise<SandboxRepository> {
  const repository = await makeRepository(scene, name);
  const release = { branch: 'release', files: { 'README.md': 'x' }, message: 'Release', author: writer };
  await sandbox.commit(repository, release);
  return repository;
}

function open(repository: SandboxRepository, head: string, base: string): Promise<number> {
  return sandbox.openPullRequest(repository, { title: `${head} to ${base}`, head, base, author: writer });
}

/** The check runs of a name on a commit, oldest first. */
function checks(repository: SandboxRepository, sha: string, of: string) {
  return sandbox.checks(repository, sha).filter(({ name }) => name === of);
}

test('a failed plan is not turned green by another pull request with the same head', async () => {
  const repository = await withRelease('same-head');
  const here = { ...scene, repository };
  const sha = await sandbox.commit(repository, { branch: 'broken', files: broken, message: 'B', author: writer });
  const one = await open(repository, 'broken', 'main');
  await seeCheck(here, sha, { name: 'zenfra', is: 'failure', title: '1 stack: 1 failed' });
  await settle(scene);
  const other = await open(repository, 'broken', 'release');
  await settle(scene);
  const check = await seeCheck(here, sha, { name: 'zenfra', is: 'failure', title: `#${one}: 1 stack: 1 failed` });
  assert.match(
    check.output.summary ?? '',
    new RegExp(`#${one} \\(1 stack: 1 failed\\), #${other} \\(No stacks affected\\)`),
  );
  assert.match(check.details_url ?? '', new RegExp(`/${one}$`));
  // The one that is closed has no say any more.
  await sandbox.closePullRequest(repository, one, writer);
  await settle(scene);
  await seeCheck(here, sha, { name: 'zenfra', is: 'success', title: 'No stacks affected' });
  await sandbox.reopenPullRequest(repository, one, writer);
  await seeCheck(here, sha, { name: 'zenfra', is: 'failure', title: `#${one}: 1 stack: 1 failed` });
  await settle(scene);
});

test('a pull request that moves on leaves the check of its old head to those that stay', async () => {
  const repository = await withRelease('moves-on');
  const here = { ...scene, repository };
  const sha = await sandbox.commit(repository, { branch: 'broken', files: broken, message: 'B', author: writer });
  execFileSync('git', ['--git-dir', repository.gitDirectory, 'branch', 'twin', sha]);
  await open(repository, 'broken', 'main');
  await open(repository, 'twin', 'release');
  await seeCheck(here, sha, { name: 'zenfra', is: 'failure', title: /1 stack: 1 failed$/ });
  await settle(scene);
  await push(scene, repository, 'broken');
  await settle(scene);
  await seeCheck(here, sha, { name: 'zenfra', is: 'success', title: 'No stacks affected' });
});

test('closing one while its plan is made does not end the check for another that waits for its own', async (t) => {
  const gate = await buildGate();
  t.after(() => gate.close());
  const repository = await makeRepository(scene, 'closing');
  const here = { ...scene, repository };
  const files = { 'network/company.tf': gate.configuration };
  const sha = await sandbox.commit(repository, { branch: 'one', files, message: 'Company', author: writer });
  execFileSync('git', ['--git-dir', repository.gitDirectory, 'branch', 'two', sha]);
  const one = await open(repository, 'one', 'main');
  await seeKnock(scene, gate);
  const two = await open(repository, 'two', 'main');
  await seeCheck(here, sha, { name: 'zenfra', is: 'in_progress', title: `#${one}: 0 of 1 planned` });
  await sandbox.closePullRequest(repository, one, writer);
  await seeCheck(here, sha, { name: 'zenfra', is: 'in_progress', title: '0 of 1 planned' });
  gate.open();
  await seeCheck(here, sha, { name: 'zenfra', is: 'success', title: '1 stack: +1 ~0 -0' });
  await settle(scene);
  const [aggregate] = checks(repository, sha, 'zenfra');
  assert.equal(checks(repository, sha, 'zenfra').length, 1);
  assert.match(aggregate?.details_url ?? '', new RegExp(`/${two}$`));
  const ofStack = checks(repository, sha, 'zenfra/network');
  assert.equal(ofStack.length, 2);
  assert.ok(ofStack.every(({ status }) => status === 'completed'));
  assert.equal(ofStack.at(-1)?.conclusion, 'success');
});

test('the author of a fork cannot turn its check green by a second pull request', async () => {
  const repository = await withRelease('forked');
  const here = { ...scene, repository };
  sandbox.createUser('mallory');
  const fork = await sandbox.forkRepository(repository, 'mallory');
  const files = { 'network/main.tf': module(7) };
  const sha = await sandbox.commit(fork, { branch: 'nice', files, message: 'Nice', author: 'mallory' });
  const pull = { title: 'Nice', head: 'nice', author: 'mallory', headRepository: fork };
  const number = await sandbox.openPullRequest(repository, { ...pull, base: 'main' });
  await seeCheck(here, sha, { name: 'zenfra', is: 'action_required', title: 'Fork: not planned' });
  const other = await sandbox.openPullRequest(repository, { ...pull, base: 'release' });
  await settle(scene);
  await seeCheck(here, sha, { name: 'zenfra', is: 'action_required', title: `#${number}: Fork: not planned` });
  await sandbox.closePullRequest(repository, other, 'mallory');
  await settle(scene);
  await seeCheck(here, sha, { name: 'zenfra', is: 'action_required', title: 'Fork: not planned' });
  // As the check advises: what the fork would merge is then planned.
  execFileSync('git', ['--git-dir', fork.gitDirectory, 'push', '-q', repository.gitDirectory, 'nice:nice']);
  await open(repository, 'nice', 'main');
  await seeCheck(here, sha, { name: 'zenfra', is: 'success', title: '1 stack: +1 ~0 -0' });
  await settle(scene);
  await seeCheck(here, sha, { name: 'zenfra', is: 'success', title: '1 stack: +1 ~0 -0' });
});

test('two that plan one stack at the same commit do not take the check from each other', async () => {
  const repository = await makeRepository(scene, 'one-stack');
  const here = { ...scene, repository };
  const { number: one, sha, branch } = await openPull(scene, repository);
  await seeComment(here, one, '🟡 Ready to apply');
  execFileSync('git', ['--git-dir', repository.gitDirectory, 'branch', 'twin', branch]);
  const two = await open(repository, 'twin', 'main');
  await seeComment(here, two, '🟡 Ready to apply');
  await settle(scene);
  for (let times = 0; times < 2; times += 1) {
    for (const number of [one, two]) await requestPullRequestReport(scene.db, { repositoryId: repository.id, number });
    await settle(scene);
  }
  const [first, second] = await runsOf(scene, repository);
  const shown = () => checks(repository, sha, 'zenfra/network').map(({ external_id }) => external_id);
  assert.deepEqual(shown(), [first?.id, second?.id]);
  await sandbox.closePullRequest(repository, two, writer);
  await settle(scene);
  assert.deepEqual(shown(), [first?.id, second?.id, first?.id]);
  assert.equal(botComments(here, one).length, 1);
});
