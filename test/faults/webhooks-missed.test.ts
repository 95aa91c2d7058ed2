import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeliveryFault } from '../../src/sandbox/faults.ts';
import type { SandboxRepository } from '../../src/sandbox/github.ts';
import { seeReply } from '../../src/sandbox/story/see.ts';
import { webhookPath } from '../../src/webhooks/receive.ts';
import { lookBack, nowhere } from '../support/look-back.ts';
import { openScene, settle } from '../support/scene.ts';
import { describe, makeRepository, module, openPull, push, runsOf, settledRuns } from '../support/small-repository.ts';
import { handIn, sentFor } from '../webhooks/hand-in.ts';

const scene = await openScene({ after });
const { sandbox, db } = scene;
afterEach(() => sandbox.faults.clear());

/** A repository that Zenfra knows and has looked at. */
async function knownRepository(name: string): Promise<SandboxRepository> {
  const repository = await makeRepository(scene, name);
  await openPull(scene, repository, { branch: 'first' });
  await settledRuns(scene, repository, 1);
  await lookBack(scene);
  return repository;
}

const every = () => true;
const dropAll = () => sandbox.faults.onDelivery({ when: every, does: 'drop', times: 999 });

/** Pushed to, closed, opened, made a draft, merged: what a day brings. */
async function aDay(repository: SandboxRepository): Promise<void> {
  await push(scene, repository, 'first');
  await push(scene, repository, 'first');
  const second = await openPull(scene, repository, { branch: 'second' });
  await sandbox.closePullRequest(repository, second.number, 'kim');
  const third = await openPull(scene, repository, { branch: 'third' });
  await sandbox.convertToDraft(repository, third.number, 'kim');
  await sandbox.commit(repository, {
    ...{ branch: 'fourth', files: { 'dns/main.tf': module(`dns of ${repository.id}`) }, message: 'DNS', author: 'kim' },
  });
  const fourth = { title: 'DNS', head: 'fourth', base: 'main', author: 'kim' };
  await sandbox.mergePullRequest(repository, await sandbox.openPullRequest(repository, fourth), 'kim');
}

/** What there is in the end, in words that do not depend on the way there. */
async function endOf(repository: SandboxRepository): Promise<string[]> {
  await settle(scene);
  const runs = await runsOf(scene, repository);
  const pulls = await db.selectFrom('pull_requests').selectAll().where('repository_id', '=', repository.id).execute();
  const told = pulls
    .filter(({ state }) => state === 'open')
    .map(({ number, head_sha: head, head_ref: branch, draft }) => {
      const plans = runs.filter((run) => run.commit_sha === head && run.pull_request_number === number);
      const finished = new Set(plans.filter(({ status }) => status === 'finished').map((run) => run.stack_id)).size;
      const { comments } = sandbox.conversation(repository, number);
      const shown = comments.filter(({ body }) => body.includes(`sha=${head.slice(0, 7)}`)).length;
      const checks = sandbox.checks(repository, head).map((check) => `${check.name} ${check.conclusion}`);
      if (draft) return `${branch}: a draft, ${checks.filter((check) => check.startsWith('zenfra ')).at(-1)}`;
      return `${branch}: ${finished} planned, shown ${shown} times, ${[...new Set(checks)].toSorted().join(', ')}`;
    });
  const head = await sandbox.head(repository, 'main');
  const tracked = runs.filter((run) => run.type === 'tracked').map((run) => `${run.status} ${run.commit_sha === head}`);
  return [...told.toSorted(), `main: ${tracked.join(', ')}`];
}

const inOrder = [
  'first: 1 planned, shown 1 times, zenfra success, zenfra/network success',
  'third: a draft, zenfra skipped',
  'main: unconfirmed true',
];

test('webhooks in order: the end state that all the others must have', async () => {
  const repository = await knownRepository('in-order');
  await aDay(repository);
  assert.deepEqual(await endOf(repository), inOrder);
});

for (const [name, fault] of [
  ['duplicated', { when: every, does: 'duplicate', times: 999 }],
  ['reordered', { when: everySecond(), does: 'delay', delayMs: 700, times: 999 }],
] satisfies [string, DeliveryFault][]) {
  test(`webhooks ${name}: same end state as in order`, async () => {
    const repository = await knownRepository(name);
    sandbox.faults.onDelivery(fault);
    await aDay(repository);
    assert.deepEqual(await endOf(repository), inOrder);
  });
}

function everySecond(): () => boolean {
  let count = 0;
  return () => {
    count += 1;
    return count % 2 === 0;
  };
}

test('webhooks missed: same end state as in order, once somebody has looked', async () => {
  const repository = await knownRepository('missed');
  dropAll();
  await aDay(repository);
  await lookBack(scene);
  assert.deepEqual(await endOf(repository), inOrder);
});

test('what is opened before the first look and missed is found by that', async () => {
  const repository = await makeRepository(scene, 'first-look');
  await openPull(scene, repository, { branch: 'first' });
  await settledRuns(scene, repository, 1);
  // GitHub's times are in seconds.
  await sleep(1_000);
  dropAll();
  const second = await openPull(scene, repository, { branch: 'second' });
  await lookBack(scene);
  const runs = await settledRuns(scene, repository, 2);
  assert.equal(runs[1]?.commit_sha, second.sha);
});

test('nobody listens for a while: what was commanded, pushed and merged is done when somebody does again', async () => {
  const repository = await knownRepository('nobody-listens');
  sandbox.pointWebhooksAt(nowhere);
  const comment = sandbox.comment(repository, 1, { login: 'kim', body: '/help' });
  await aDay(repository);
  await sandbox.idle();
  sandbox.pointWebhooksAt(scene.url + webhookPath);
  await lookBack(scene);
  await seeReply({ ...scene, repository }, 1, { to: comment, says: ['/approve'] });
  assert.deepEqual(await endOf(repository), inOrder);
  const before = sandbox.deliveries.length;
  await lookBack(scene);
  assert.equal(sandbox.deliveries.length, before, 'nothing is sent for twice');
});

test('a pull request that was closed and reopened unseen is as it was; one that was closed is closed', async () => {
  const repository = await knownRepository('closed-unseen');
  dropAll();
  await sandbox.closePullRequest(repository, 1, 'kim');
  await sandbox.reopenPullRequest(repository, 1, 'kim');
  await lookBack(scene);
  assert.equal((await runsOf(scene, repository)).length, 1);
  await sandbox.closePullRequest(repository, 1, 'kim');
  await lookBack(scene);
  const row = await db
    .selectFrom('pull_requests')
    .select('state')
    .where('repository_id', '=', repository.id)
    .executeTakeFirst();
  assert.equal(row?.state, 'closed');
  await sandbox.reopenPullRequest(repository, 1, 'kim');
  await lookBack(scene);
  assert.deepEqual(
    (await runsOf(scene, repository)).map((run) => run.status),
    ['finished', 'finished'],
  );
});

test('what the sweep has found is not planned again by the webhook that comes after all', async () => {
  const repository = await knownRepository('late-after-all');
  dropAll();
  await push(scene, repository, 'first');
  await push(scene, repository, 'main');
  const second = await openPull(scene, repository, { branch: 'second' });
  await lookBack(scene);
  const before = await settledRuns(scene, repository, 4);
  for (const event of ['push', 'pull_request']) {
    for (const payload of sentFor(scene, repository, event)) await handIn(scene, event, payload);
  }
  await settle(scene);
  assert.equal(describe(await runsOf(scene, repository)), describe(before));
  const comments = sandbox.conversation(repository, second.number).comments.length;
  assert.equal(comments, 1);
});

test('a push to a repository that is new to us is planned, although somebody has looked before its webhook was handled', async () => {
  const repository = await makeRepository(scene, 'looked-at-first');
  dropAll();
  await push(scene, repository, 'main');
  const payload = sentFor(scene, repository, 'push').at(-1) ?? {};
  sandbox.faults.clear();
  // Makes the repository known, and touches nothing.
  await handIn(scene, 'push', { ...payload, ref: 'refs/heads/no-such-branch', after: 'd'.repeat(40) });
  await lookBack(scene);
  assert.deepEqual(await runsOf(scene, repository), []);
  await handIn(scene, 'push', payload);
  const [run] = await settledRuns(scene, repository, 1);
  assert.equal(run?.commit_sha, payload.after);
  await lookBack(scene);
  assert.match(
    await handIn(scene, 'push', { ...payload, repository: { ...(payload.repository as object), pushed_at: 1 } }),
    /^no stacks affected$/,
  );
  assert.equal((await runsOf(scene, repository)).length, 1);
});

test('a push whose webhook is missed is made up for by the next push, whatever that one touches', async () => {
  const repository = await knownRepository('made-up-for');
  await push(scene, repository, 'main');
  await settledRuns(scene, repository, 2);
  sandbox.faults.onDelivery({ when: ({ event }) => event === 'push', does: 'drop' });
  const dns = { 'dns/main.tf': module('made up for') };
  await sandbox.commit(repository, { branch: 'main', files: dns, message: 'DNS', author: 'kim' });
  const readme = { 'README.md': 'Nothing that a stack has' };
  const head = await sandbox.commit(repository, { branch: 'main', files: readme, message: 'Say so', author: 'kim' });
  await settle(scene);
  const runs = (await runsOf(scene, repository)).filter((run) => run.commit_sha === head);
  assert.deepEqual(
    runs.map((run) => run.trigger_reason),
    ['push touched dns/main.tf'],
  );
});

test('where all is as it was, looking costs three questions a repository and makes nothing; a decision stays', async () => {
  const repository = await knownRepository('decided');
  const head = await push(scene, repository, 'main');
  const [, tracked] = await settledRuns(scene, repository, 2);
  const stale = sandbox.comment(repository, 1, { login: 'kim', body: '/discard' });
  await seeReply({ ...scene, repository }, 1, { to: stale, says: ['Discarded the plan'] });
  const button = sandbox.checks(repository, head).find(({ name }) => name === 'zenfra/network');
  sandbox.pressCheckButton(repository, button?.id ?? 0, { identifier: 'discard', login: 'kim' });
  await settle(scene);
  const before = describe(await runsOf(scene, repository));
  assert.match(before, new RegExp(`#${tracked?.number} tracked discarded`));
  const calls = sandbox.calls.length;
  await lookBack(scene);
  await lookBack(scene);
  assert.equal(describe(await runsOf(scene, repository)), before);
  const asked = sandbox.calls.slice(calls).filter(({ path }) => path.startsWith('/repos/acme/decided/'));
  assert.deepEqual(
    asked.map(({ method, path }) => `${method} ${path}`),
    Array(2).fill(['GET /repos/acme/decided/pulls', 'GET /repos/acme/decided/branches/main']).flat(),
  );
});
