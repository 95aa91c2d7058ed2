import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { ZERO_SHA } from '../../src/sandbox/git/repository.ts';
import { createInfra, named, type Opened, openChange, openSandbox, type Received, WEBHOOK_SECRET } from './open.ts';

let opened: Opened;
before(async () => {
  opened = await openSandbox();
});
after(() => opened.close());

/** What arrived of the repositories of one owner. */
async function arrivedAt(owner: string): Promise<Received[]> {
  await opened.sandbox.idle();
  return opened.received.filter(({ payload }) => field(payload, 'repository', 'owner', 'login') === owner);
}

function field(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], value);
}

function names(received: Received[]): string[] {
  return received.map(({ headers, payload }) => [headers['x-github-event'], payload.action].filter(Boolean).join('.'));
}

test('each webhook is signed and carries its id, installation and sender', async () => {
  const repo = await createInfra(opened.sandbox, { owner: 'signed' });
  await openChange(opened.sandbox, repo);
  const all = await arrivedAt('signed');
  assert.deepEqual(names(all), ['push', 'check_suite.requested', 'pull_request.opened']);
  for (const { headers, body, payload } of all) {
    const expected = `sha256=${createHmac('sha256', WEBHOOK_SECRET).update(body).digest('hex')}`;
    assert.equal(headers['x-hub-signature-256'], expected);
    assert.match(String(headers['x-github-delivery']), /^[0-9a-f-]{36}$/);
    assert.equal(field(payload, 'installation', 'id'), repo.installationId);
    assert.equal(field(payload, 'sender', 'login'), 'kim');
  }
});

test('a push names its commits and their files', async () => {
  const { sandbox } = opened;
  const repo = await createInfra(sandbox, { owner: 'pushed' });
  const before = await sandbox.head(repo, 'main');
  const files = { 'dns/main.tf': 'ttl = 5\n', 'new.tf': 'x', 'README.md': null };
  const sha = await sandbox.commit(repo, { branch: 'main', files, message: 'Mixed', author: 'kim' });
  const [push] = await arrivedAt('pushed');
  const { payload } = push ?? {};
  assert.deepEqual(
    ['ref', 'before', 'after', 'forced', 'created', 'deleted'].map((key) => field(payload, key)),
    ['refs/heads/main', before, sha, false, false, false],
  );
  const [commit] = field(payload, 'commits') as unknown[];
  assert.deepEqual(
    ['added', 'modified', 'removed'].map((key) => field(commit, key)),
    [['new.tf'], ['dns/main.tf'], ['README.md']],
  );
  assert.equal(field(payload, 'head_commit', 'id'), sha);
});

test('a new commit on a pull request is told as synchronize, a rewritten branch as forced', async () => {
  const { sandbox } = opened;
  const repo = await createInfra(sandbox, { owner: 'synced' });
  await openChange(sandbox, repo);
  const before = await sandbox.head(repo, 'bigger');
  const commit = { branch: 'bigger', files: { 'network/main.tf': 'count = 4\n' }, message: 'Four', author: 'kim' };
  const sha = await sandbox.commit(repo, { ...commit, from: 'main', force: true });
  const all = (await arrivedAt('synced')).slice(3);
  assert.deepEqual(names(all), ['push', 'pull_request.synchronize', 'check_suite.requested']);
  assert.equal(field(all[0]?.payload, 'forced'), true);
  assert.deepEqual([field(all[1]?.payload, 'before'), field(all[1]?.payload, 'after')], [before, sha]);
  assert.equal(field(all[1]?.payload, 'pull_request', 'head', 'sha'), sha);
});

test('a merge closes the pull request and pushes to its base', async () => {
  const { sandbox } = opened;
  const repo = await createInfra(sandbox, { owner: 'closing' });
  const number = await openChange(sandbox, repo);
  const before = await sandbox.head(repo, 'main');
  const sha = await sandbox.mergePullRequest(repo, number, 'kim');
  const [closed, push] = (await arrivedAt('closing')).slice(3);
  assert.equal(field(closed?.payload, 'action'), 'closed');
  assert.deepEqual(
    [field(closed?.payload, 'pull_request', 'merged'), field(closed?.payload, 'pull_request', 'merge_commit_sha')],
    [true, sha],
  );
  assert.deepEqual(
    ['ref', 'before', 'after'].map((key) => field(push?.payload, key)),
    ['refs/heads/main', before, sha],
  );
  const commits = field(push?.payload, 'commits') as unknown[];
  assert.deepEqual(
    commits.map((commit) => field(commit, 'modified')),
    [['network/main.tf'], ['network/main.tf']],
  );
});

test('closing, reopening, drafts, retargeting and deleting a branch are told', async () => {
  const { sandbox } = opened;
  const repo = await createInfra(sandbox, { owner: 'moves' });
  const number = await openChange(sandbox, repo);
  await sandbox.commit(repo, { branch: 'next', files: { x: 'y' }, message: 'Next', author: 'kim' });
  await sandbox.closePullRequest(repo, number, 'kim');
  await sandbox.reopenPullRequest(repo, number, 'kim');
  await sandbox.convertToDraft(repo, number, 'kim');
  await sandbox.markReadyForReview(repo, number, 'kim');
  await sandbox.editPullRequest(repo, number, { base: 'next', by: 'kim' });
  await sandbox.deleteBranch(repo, 'bigger', 'kim');
  const all = (await arrivedAt('moves')).slice(5);
  assert.deepEqual(names(all), [
    ...['pull_request.closed', 'pull_request.reopened', 'pull_request.converted_to_draft'],
    ...['pull_request.ready_for_review', 'pull_request.edited', 'push', 'pull_request.closed'],
  ]);
  assert.equal(field(all[4]?.payload, 'changes', 'base', 'ref', 'from'), 'main');
  assert.deepEqual([field(all[5]?.payload, 'deleted'), field(all[5]?.payload, 'after')], [true, ZERO_SHA]);
});

test('the merge queue asks for the checks of its own commit', async () => {
  const { sandbox } = opened;
  const repo = await createInfra(sandbox, { owner: 'queue' });
  const sha = await sandbox.queuePullRequest(repo, await openChange(sandbox, repo), 'kim');
  const last = (await arrivedAt('queue')).at(-1);
  assert.deepEqual(last && names([last]), ['merge_group.checks_requested']);
  assert.equal(field(last?.payload, 'merge_group', 'head_sha'), sha);
});

test('the App hears of its own comments, as those of a bot', async () => {
  const { sandbox } = opened;
  const repo = await createInfra(sandbox, { owner: 'echo' });
  const issue_number = await openChange(sandbox, repo);
  const client = await opened.clientFor(repo);
  const { data } = await client.rest.issues.createComment({ ...named(repo), issue_number, body: 'one' });
  await client.rest.issues.updateComment({ ...named(repo), comment_id: data.id, body: 'two' });
  const all = (await arrivedAt('echo')).slice(3);
  assert.deepEqual(names(all), ['issue_comment.created', 'issue_comment.edited']);
  assert.deepEqual(
    [
      field(all[0]?.payload, 'sender', 'type'),
      field(all[0]?.payload, 'sender', 'login'),
      field(all[0]?.payload, 'comment', 'body'),
    ],
    ['Bot', 'zenfra[bot]', 'one'],
  );
  assert.equal(field(all[1]?.payload, 'changes', 'body', 'from'), 'one');
});

test('an installation is announced when asked', async () => {
  const { sandbox } = opened;
  await sandbox.createRepository({ owner: 'new', name: 'first', files: { a: '1' }, announce: true });
  await sandbox.createRepository({ owner: 'new', name: 'second', files: { a: '1' }, announce: true });
  await sandbox.idle();
  const found = opened.received.filter(({ headers }) => String(headers['x-github-event']).startsWith('installation'));
  assert.deepEqual(names(found), ['installation.created', 'installation_repositories.added']);
});

test('a delivery can be listed and sent again under the same id', async () => {
  const { sandbox, app } = opened;
  const repo = await createInfra(sandbox, { owner: 'again' });
  sandbox.comment(repo, await openChange(sandbox, repo), { login: 'kim', body: '/plan' });
  await sandbox.idle();
  const [newest] = (await app.rest.apps.listWebhookDeliveries()).data;
  assert.deepEqual([newest?.event, newest?.status_code, newest?.redelivery], ['issue_comment', 202, false]);
  await app.rest.apps.redeliverWebhookDelivery({ delivery_id: newest?.id ?? 0 });
  const same = (await arrivedAt('again')).filter(({ headers }) => headers['x-github-delivery'] === newest?.guid);
  assert.equal(same.length, 2);
});
