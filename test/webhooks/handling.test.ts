import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { until } from '../../src/sandbox/story/until.ts';
import { openScene, settle } from '../support/scene.ts';
import { describe, makeRepository, module, openPull, push, runsOf, settledRuns } from '../support/small-repository.ts';
import { handIn, sentFor } from './hand-in.ts';

const scene = await openScene({ after });
const { sandbox } = scene;

/** The last webhook of a kind, with other fields in their place. */
function last(repository: Parameters<typeof sentFor>[1], event: string, others: object = {}) {
  const payload = sentFor(scene, repository, event).at(-1);
  assert.ok(payload, `a ${event} was sent`);
  return { ...payload, ...others };
}

const known = 'This delivery is known already.';

test('a push that is sent again after its run has ended makes no second run', async () => {
  const repository = await makeRepository(scene, 'push-again');
  await push(scene, repository, 'main');
  await settledRuns(scene, repository, 1);
  assert.equal(await handIn(scene, 'push', last(repository, 'push')), known);
  assert.equal((await runsOf(scene, repository)).length, 1);
});

test('a branch that goes forth, back and forth again is planned each time', async () => {
  const repository = await makeRepository(scene, 'back-and-forth');
  const { sha: first, branch, number } = await openPull(scene, repository);
  await settledRuns(scene, repository, 1);
  const second = await push(scene, repository, branch);
  await settledRuns(scene, repository, 2);
  const rewrite = { branch, from: first, files: {}, message: 'Set it to this', author: 'kim', force: true };
  const third = await sandbox.commit(repository, rewrite);
  const runs = await settledRuns(scene, repository, 3);
  assert.deepEqual(
    runs.map((run) => run.commit_sha),
    [first, second, third],
  );
  await sandbox.closePullRequest(repository, number, 'kim');
  await sandbox.reopenPullRequest(repository, number, 'kim');
  assert.equal((await settledRuns(scene, repository, 4)).at(-1)?.commit_sha, third);
});

test('a pull request that was opened, pushed to and closed, all sent again: nothing is planned', async () => {
  const repository = await makeRepository(scene, 'pull-again');
  const { branch, number } = await openPull(scene, repository);
  await settledRuns(scene, repository, 1);
  await push(scene, repository, branch);
  await settledRuns(scene, repository, 2);
  await sandbox.closePullRequest(repository, number, 'kim');
  await sandbox.idle();
  const sent = sentFor(scene, repository, 'pull_request');
  assert.deepEqual(
    sent.map(({ action }) => action),
    ['opened', 'synchronize', 'closed'],
  );
  for (const payload of sent) assert.equal(await handIn(scene, 'pull_request', payload), known);
  assert.equal((await runsOf(scene, repository)).length, 2);
});

test('a repository with the installation of somebody else is dropped', async () => {
  const repository = await makeRepository(scene, 'mine');
  const theirs = await makeRepository(scene, 'theirs', { owner: 'evil' });
  await push(scene, repository, 'main');
  await settledRuns(scene, repository, 1);
  for (const id of [theirs.installationId, 987_654_321]) {
    const foreign = last(repository, 'push', { installation: { id }, after: 'c'.repeat(40) });
    assert.equal(
      await handIn(scene, 'push', foreign),
      `installation ${id} does not see repository ${repository.id}: dropped`,
    );
  }
  const disguised = last(repository, 'push', {
    repository: { id: theirs.id, name: 'mine', full_name: repository.fullName },
  });
  assert.match(await handIn(scene, 'push', disguised), /does not see repository .+: dropped$/);
  assert.equal((await runsOf(scene, repository)).length, 1);
  assert.equal((await runsOf(scene, theirs)).length, 0);
  const row = await scene.db
    .selectFrom('repositories')
    .selectAll()
    .where('id', '=', repository.id)
    .executeTakeFirstOrThrow();
  assert.equal(row.installation_id, repository.installationId);
});

test('a repository that the App was taken off makes no run', async () => {
  const repository = await makeRepository(scene, 'taken-off');
  const { number } = await openPull(scene, repository);
  await settledRuns(scene, repository, 1);
  const payload = last(repository, 'pull_request', { action: 'reopened', number });
  sandbox.uninstall(repository);
  await settle(scene);
  assert.match(await handIn(scene, 'pull_request', payload), /does not see repository .+: dropped$/);
  assert.equal((await runsOf(scene, repository)).length, 1);
});

test('a deleted branch, a tag named like the branch, and a branch named refs/heads/main make no run', async () => {
  const repository = await makeRepository(scene, 'odd-refs');
  await push(scene, repository, 'elsewhere');
  await sandbox.idle();
  for (const [others, outcome] of [
    [{ ref: 'refs/heads/main', deleted: true, after: '0'.repeat(40) }, 'a branch was deleted: nothing to do'],
    [{ ref: 'refs/tags/main' }, 'a tag: nothing to do'],
    [{ ref: 'refs/tags/refs/heads/main' }, 'a tag: nothing to do'],
    [{ ref: 'main' }, 'a tag: nothing to do'],
    [{ ref: 'refs/heads/refs/heads/main' }, 'branch refs/heads/main is gone'],
    [{ ref: 'refs/heads/no-such-branch' }, 'branch no-such-branch is gone'],
    [{ ref: 'refs/heads/../main' }, 'branch ../main is gone'],
  ] as const) {
    assert.equal(await handIn(scene, 'push', last(repository, 'push', others)), outcome, others.ref);
  }
  const named = 'refs/heads/main';
  await sandbox.commit(repository, {
    branch: named,
    files: { 'network/main.tf': module(9) },
    message: 'x',
    author: 'kim',
  });
  await settle(scene);
  assert.deepEqual(await runsOf(scene, repository), []);
});

test('what a push touches is asked of GitHub: its payload may list less', async () => {
  const repository = await makeRepository(scene, 'long-push');
  await push(scene, repository, 'main');
  await settledRuns(scene, repository, 1);
  sandbox.faults.onDelivery({ when: ({ event }) => event === 'push', does: 'drop' });
  const files = { 'network/main.tf': module(70), 'dns/main.tf': module(70) };
  const sha = await sandbox.commit(repository, { branch: 'main', files, message: 'Both', author: 'kim' });
  await handIn(scene, 'push', last(repository, 'push', { commits: [], head_commit: null }));
  const runs = await settledRuns(scene, repository, 3);
  assert.deepEqual(
    runs.filter((run) => run.commit_sha === sha).map((run) => run.trigger_reason),
    ['push touched dns/main.tf', 'push touched network/main.tf'],
  );
});

test('a payload that lies about what it is about changes nothing: GitHub is asked', async () => {
  const repository = await makeRepository(scene, 'lies');
  const { number, sha } = await openPull(scene, repository);
  await settledRuns(scene, repository, 1);
  const { pull_request: pull } = last(repository, 'pull_request') as { pull_request?: Record<string, unknown> };
  const lie = { ...pull, head: { sha: 'f'.repeat(40), ref: 'main' }, state: 'closed', merged: true, draft: true };
  await handIn(scene, 'pull_request', last(repository, 'pull_request', { action: 'synchronize', pull_request: lie }));
  const row = await scene.db
    .selectFrom('pull_requests')
    .selectAll()
    .where('repository_id', '=', repository.id)
    .where('number', '=', number)
    .executeTakeFirstOrThrow();
  assert.deepEqual([row.head_sha, row.state, row.draft], [sha, 'open', false]);
});

test('a pull request that does not exist makes no run', async () => {
  const repository = await makeRepository(scene, 'no-pull');
  await openPull(scene, repository);
  await settledRuns(scene, repository, 1);
  const pull = { number: 99, head: { sha: 'f'.repeat(40) } };
  const outcome = await handIn(scene, 'pull_request', last(repository, 'pull_request', { pull_request: pull }));
  assert.equal(outcome, 'there is no pull request #99');
});

test('webhooks of two pushes that arrive in the wrong order leave the newest head planned', async () => {
  const repository = await makeRepository(scene, 'reordered');
  const { branch, number } = await openPull(scene, repository);
  await settledRuns(scene, repository, 1);
  sandbox.faults.onDelivery({
    when: ({ event, action }) => event === 'pull_request' && action === 'synchronize',
    does: 'delay',
    delayMs: 600,
  });
  await push(scene, repository, branch);
  const newest = await push(scene, repository, branch);
  await settle(scene);
  const runs = await runsOf(scene, repository);
  const finished = runs.filter((run) => run.status === 'finished' && run.commit_sha === newest);
  assert.equal(finished.length, 1, describe(runs));
  const comment = sandbox.conversation(repository, number).comments.at(-1);
  assert.ok(comment?.body.includes(newest.slice(0, 7)));
});

test('ten pushes and all their webhooks at once leave the last head planned, and nothing else', async () => {
  const repository = await makeRepository(scene, 'racing');
  const { branch } = await openPull(scene, repository);
  await settledRuns(scene, repository, 1);
  let newest = '';
  for (let pushed = 0; pushed < 10; pushed += 1) newest = await push(scene, repository, branch);
  await settle(scene);
  const runs = await runsOf(scene, repository);
  assert.equal(runs.at(-1)?.commit_sha, newest, describe(runs));
  assert.deepEqual(
    runs.filter((run) => run.commit_sha === newest).map((run) => run.status),
    ['finished'],
    describe(runs),
  );
});

test('a push that comes while an older one is still being read leaves the newest head planned', async () => {
  const repository = await makeRepository(scene, 'slow-reading');
  const { branch, number } = await openPull(scene, repository);
  await settledRuns(scene, repository, 1);
  // By now the head of the first push has been read, and what it changes is asked for.
  const files = `/repos/acme/slow-reading/pulls/${number}/files`;
  sandbox.faults.onCall({ when: ({ path }) => path === files, delayMs: 800 });
  const older = await push(scene, repository, branch);
  await until(scene.signal, {
    expected: 'the first push to be read',
    look: () => sandbox.calls.filter(({ path }) => path === files).length === 2 || undefined,
    seen: () => 'not yet',
  });
  const newest = await push(scene, repository, branch);
  await settle(scene);
  const runs = await runsOf(scene, repository);
  assert.deepEqual(
    runs.slice(1).map((run) => run.commit_sha),
    [older, newest],
    describe(runs),
  );
  assert.deepEqual(
    runs.filter((run) => run.commit_sha === newest).map((run) => run.status),
    ['finished'],
    describe(runs),
  );
});

test('a push to the main branch whose webhook comes late makes no second run', async () => {
  const repository = await makeRepository(scene, 'late-main');
  await push(scene, repository, 'main');
  await settledRuns(scene, repository, 1);
  sandbox.faults.onDelivery({ when: ({ event }) => event === 'push', does: 'delay', delayMs: 700 });
  await push(scene, repository, 'main');
  const newest = await push(scene, repository, 'main');
  const [, second] = await settledRuns(scene, repository, 2);
  assert.equal(second?.commit_sha, newest);
  await settle(scene);
  assert.equal((await runsOf(scene, repository)).length, 2);
});

test('two pushes to the main branch at once leave one run that waits, of the newest head', async () => {
  const repository = await makeRepository(scene, 'racing-main');
  await push(scene, repository, 'main');
  await settledRuns(scene, repository, 1);
  await push(scene, repository, 'main');
  const newest = await push(scene, repository, 'main');
  await settle(scene);
  const waiting = (await runsOf(scene, repository)).filter((run) => run.status === 'unconfirmed');
  assert.deepEqual(
    waiting.map((run) => run.commit_sha),
    [newest],
  );
});
