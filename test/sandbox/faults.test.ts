import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { Octokit } from '@octokit/rest';
import { secondaryRateLimit } from '../../src/sandbox/faults.ts';
import type { SandboxRepository } from '../../src/sandbox/github.ts';
import { createInfra, named, type Opened, openChange, openSandbox } from './open.ts';

let opened: Opened;
let repo: SandboxRepository;
let client: Octokit;
let issue_number: number;
before(async () => {
  opened = await openSandbox();
  repo = await createInfra(opened.sandbox);
  client = await opened.clientFor(repo);
  issue_number = await openChange(opened.sandbox, repo);
});
afterEach(() => opened.sandbox.faults.clear());
after(() => opened.close());

const post = (body: string) => client.rest.issues.createComment({ ...named(repo), issue_number, body });
const bodies = () => opened.sandbox.conversation(repo, issue_number).comments.map((comment) => comment.body);
const isComment = (call: { path: string }) => call.path.endsWith('/comments');

test('a status is answered in place of the effect, as often as asked', async () => {
  opened.sandbox.faults.onCall({ when: isComment, status: 502, times: 2 });
  await assert.rejects(post('never'), { status: 502 });
  await assert.rejects(post('never'), { status: 502 });
  assert.equal((await post('at last')).status, 201);
  assert.ok(!bodies().includes('never'));
});

test('the secondary rate limit says when to come back', async () => {
  opened.sandbox.faults.onCall({ when: isComment, ...secondaryRateLimit(7) });
  const error = await post('too fast').then(
    () => assert.fail('was let through'),
    (reason) => reason,
  );
  assert.deepEqual([error.status, error.response.headers['retry-after']], [403, '7']);
  assert.match(error.message, /secondary rate limit/);
});

test('a lost reply has its effect', async () => {
  opened.sandbox.faults.onCall({ when: isComment, loseReply: true });
  await assert.rejects(post('lost'), { status: 500 });
  assert.ok(bodies().includes('lost'));
  assert.equal(opened.sandbox.calls.at(-1)?.status, 0);
});

test('a fault can look at what was sent, and be taken away', async () => {
  const when = (call: { body: unknown }) => JSON.stringify(call.body ?? '').includes('unlucky');
  const remove = opened.sandbox.faults.onCall({ when, status: 500, times: 9 });
  assert.equal((await post('lucky')).status, 201);
  await assert.rejects(post('unlucky'), { status: 500 });
  remove();
  assert.equal((await post('unlucky, but later')).status, 201);
});

test('every call is on record with what was sent and answered', async () => {
  await post('recorded');
  const call = opened.sandbox.calls.at(-1);
  assert.deepEqual(
    [call?.method, call?.path, call?.status, call?.body],
    ['POST', '/repos/acme/infra/issues/1/comments', 201, { body: 'recorded' }],
  );
});

test('webhooks are dropped, duplicated and overtaken on demand', async () => {
  const { sandbox, received } = opened;
  await sandbox.idle();
  received.length = 0;
  const says = (text: string) => (delivery: { payload: unknown }) => JSON.stringify(delivery.payload).includes(text);
  sandbox.faults.onDelivery({ when: says('word-drop'), does: 'drop' });
  sandbox.faults.onDelivery({ when: says('word-twice'), does: 'duplicate' });
  sandbox.faults.onDelivery({ when: says('word-late'), does: 'delay' });
  for (const word of ['late', 'drop', 'twice', 'plain']) {
    sandbox.comment(repo, issue_number, { login: 'kim', body: `word-${word}` });
  }
  await sandbox.idle();
  const words = received.map(({ body }) => /word-(\w+)/.exec(body)?.[1]);
  assert.deepEqual(words, ['twice', 'twice', 'plain', 'late']);
  assert.equal(received[0]?.headers['x-github-delivery'], received[1]?.headers['x-github-delivery']);
});

test('a receiver that is not there is not asked again', async () => {
  const { sandbox } = opened;
  await sandbox.idle();
  sandbox.pointWebhooksAt('http://127.0.0.1:1/');
  sandbox.comment(repo, issue_number, { login: 'kim', body: 'anybody?' });
  await sandbox.idle();
  assert.deepEqual([sandbox.deliveries.at(-1)?.status, sandbox.deliveries.at(-1)?.statusCode], ['failed', 0]);
});
