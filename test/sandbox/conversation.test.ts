import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createInfra, named, type Opened, openChange, openSandbox } from './open.ts';

let opened: Opened;
before(async () => {
  opened = await openSandbox();
});
after(() => opened.close());

test('a comment is created, edited and deleted, with times in whole seconds', async () => {
  const { sandbox } = opened;
  const repo = await createInfra(sandbox, { owner: 'talk' });
  const issue_number = await openChange(sandbox, repo);
  const client = await opened.clientFor(repo);
  const { data } = await client.rest.issues.createComment({ ...named(repo), issue_number, body: 'one' });
  assert.match(data.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.equal(data.performed_via_github_app?.id, 7);
  await client.rest.issues.updateComment({ ...named(repo), comment_id: data.id, body: 'two' });
  assert.deepEqual(
    sandbox.conversation(repo, issue_number).comments.map(({ author, body }) => [author, body]),
    [['zenfra[bot]', 'two']],
  );
  await client.rest.issues.deleteComment({ ...named(repo), comment_id: data.id });
  await assert.rejects(client.rest.issues.getComment({ ...named(repo), comment_id: data.id }), { status: 404 });
});

test('a comment has at most 65,536 characters', async () => {
  const repo = await createInfra(opened.sandbox, { owner: 'lengths' });
  const issue_number = await openChange(opened.sandbox, repo);
  const client = await opened.clientFor(repo);
  const post = (body: string) => client.rest.issues.createComment({ ...named(repo), issue_number, body });
  assert.equal((await post('🟡'.repeat(65_536))).status, 201);
  await assert.rejects(post('x'.repeat(65_537)), {
    status: 422,
    message: /Body is too long \(maximum is 65536 characters\)/,
  });
  await assert.rejects(post('  '), { status: 422 });
});

test('a locked conversation takes no comment of an App, and no change of one, until it is unlocked', async () => {
  const { sandbox } = opened;
  const repo = await createInfra(sandbox, { owner: 'hush' });
  const issue_number = await openChange(sandbox, repo);
  const client = await opened.clientFor(repo);
  const post = () => client.rest.issues.createComment({ ...named(repo), issue_number, body: 'one' });
  const { data } = await post();
  await sandbox.lockPullRequest(repo, issue_number, 'kim');
  const refused = { status: 403, message: /Unable to create comment because issue is locked/ };
  await assert.rejects(post(), refused);
  await assert.rejects(client.rest.issues.updateComment({ ...named(repo), comment_id: data.id, body: 'two' }), refused);
  await sandbox.unlockPullRequest(repo, issue_number, 'kim');
  assert.equal((await post()).status, 201);
});

test('a reaction is there once, whoever gives it twice, and can be taken back', async () => {
  const { sandbox } = opened;
  const repo = await createInfra(sandbox, { owner: 'smile' });
  const number = await openChange(sandbox, repo);
  const comment_id = sandbox.comment(repo, number, { login: 'kim', body: '/approve' });
  const client = await opened.clientFor(repo);
  const react = () => client.rest.reactions.createForIssueComment({ ...named(repo), comment_id, content: 'eyes' });
  const first = await react();
  const second = await react();
  assert.deepEqual([first.status, second.status, first.data.id === second.data.id], [201, 200, true]);
  assert.deepEqual(sandbox.conversation(repo, number).comments[0]?.reactions, [
    { content: 'eyes', user: 'zenfra[bot]' },
  ]);
  await client.rest.reactions.deleteForIssueComment({ ...named(repo), comment_id, reaction_id: first.data.id });
  assert.deepEqual(sandbox.conversation(repo, number).comments[0]?.reactions, []);
});

test('a review is listed with its state and commit', async () => {
  const { sandbox } = opened;
  const repo = await createInfra(sandbox, { owner: 'review' });
  const pull_number = await openChange(sandbox, repo);
  sandbox.reviewPullRequest(repo, pull_number, { login: 'kim', state: 'APPROVED' });
  const client = await opened.clientFor(repo);
  const { data } = await client.rest.pulls.listReviews({ ...named(repo), pull_number });
  const head = await sandbox.head(repo, 'bigger');
  assert.deepEqual(
    data.map((one) => [one.user?.login, one.state, one.commit_id]),
    [['kim', 'APPROVED', head]],
  );
});

test('pull requests are listed by state, head and base', async () => {
  const { sandbox } = opened;
  const repo = await createInfra(sandbox, { owner: 'lists' });
  const number = await openChange(sandbox, repo);
  const client = await opened.clientFor(repo);
  const count = async (query: object) => (await client.rest.pulls.list({ ...named(repo), ...query })).data.length;
  assert.deepEqual([await count({ head: 'lists:bigger' }), await count({ base: 'other' })], [1, 0]);
  await sandbox.closePullRequest(repo, number, 'kim');
  assert.deepEqual([await count({}), await count({ state: 'closed' }), await count({ state: 'all' })], [0, 1, 1]);
});
