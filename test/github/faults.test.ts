import assert from 'node:assert/strict';
import { after, afterEach, type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { requestPullRequestReport } from '../../src/db/request-report.ts';
import { repeatedWords } from '../../src/reports/words/notes.ts';
import { type FaultyCall, secondaryRateLimit } from '../../src/sandbox/faults.ts';
import type { SandboxRepository } from '../../src/sandbox/github.ts';
import type { RecordedCall } from '../../src/sandbox/http/record.ts';
import { buildGate } from '../../src/sandbox/story/gate.ts';
import { botComments, seeReactions, seeReply } from '../../src/sandbox/story/see.ts';
import { until } from '../../src/sandbox/story/until.ts';
import { openScene, settle } from '../support/scene.ts';
import { makeRepository, openPull, push, runsOf, settledRuns } from '../support/small-repository.ts';

const scene = await openScene({ after });
const { sandbox, db } = scene;
afterEach(() => sandbox.faults.clear());

const commentCreation = ({ method, path }: FaultyCall) => method === 'POST' && /\/issues\/\d+\/comments$/.test(path);
const checkCreation = ({ method, path }: FaultyCall) => method === 'POST' && path.endsWith('/check-runs');

/** A pull request, planned and reported whatever happens on the way. */
async function plannedPull(name: string) {
  const repository = await makeRepository(scene, name);
  const { number, sha, branch } = await openPull(scene, repository);
  await settledRuns(scene, repository, 1);
  await settle(scene);
  return { repository, number, sha, branch };
}

/** The pull request has one comment with the plan, and one check for the stack and one for all. */
async function assertToldOnce(pull: { repository: SandboxRepository; number: number; sha: string }): Promise<void> {
  const comments = botComments({ ...scene, repository: pull.repository }, pull.number);
  assert.equal(comments.length, 1, `${comments.length} comments`);
  assert.ok(comments[0]?.body.includes('1 to add'));
  const checks = sandbox.checks(pull.repository, pull.sha);
  assert.deepEqual(
    checks.map(({ name, conclusion }) => [name, conclusion]).toSorted(),
    [
      ['zenfra', 'success'],
      ['zenfra/network', 'success'],
    ],
    JSON.stringify(checks.map(({ name, status }) => [name, status])),
  );
  const [run] = await runsOf(scene, pull.repository);
  assert.equal(run?.status, 'finished');
}

test('the reply to a comment’s creation is lost: there is one comment in the end', async () => {
  sandbox.faults.onCall({ when: commentCreation, loseReply: true });
  await assertToldOnce(await plannedPull('lost-comment'));
});

test('the replies to two checks’ creation are lost: there is one of each in the end', async () => {
  sandbox.faults.onCall({ when: checkCreation, times: 2, loseReply: true });
  await assertToldOnce(await plannedPull('lost-check'));
});

test('GitHub makes a comment and checks long after it has hung up: what is there twice is there once in the end', async () => {
  const late = Promise.withResolvers<void>();
  sandbox.faults.onCall({ when: commentCreation, hangUpUntil: late.promise });
  sandbox.faults.onCall({ when: checkCreation, times: 2, hangUpUntil: late.promise });
  // Zenfra has looked for what it asked for, has not found it, and has asked again.
  const pull = await plannedPull('late');
  late.resolve();
  const checks = () => sandbox.checks(pull.repository, pull.sha);
  const comments = () => botComments({ ...scene, repository: pull.repository }, pull.number);
  await until(scene.signal, {
    expected: 'two comments, and more checks than names',
    look: async () => (comments().length === 2 && checks().length >= 4) || undefined,
    seen: async () => `${comments().length} comments, ${checks().length} checks`,
  });
  await sql`select graphile_worker.reschedule_jobs(array_agg(id), run_at => now()) from graphile_worker.jobs
    where task_identifier = 'second_look'`.execute(db);
  await until(scene.signal, {
    expected: 'one comment, and no check that is open',
    look: async () => (comments().length === 1 && checks().every(({ status }) => status === 'completed')) || undefined,
    seen: async () => `${comments().length} comments, checks ${checks().map(({ status }) => status)}`,
  });
  await settle(scene);
  assert.ok(comments()[0]?.body.includes('1 to add'));
  const told = checks().flatMap(({ name, output }) => (name === 'zenfra/network' ? [output.title] : []));
  assert.equal(told.filter((title) => title !== repeatedWords).length, 1, told.join());
  const newest = new Map(checks().map(({ name, conclusion }) => [name, conclusion]));
  assert.deepEqual([...newest].toSorted(), [
    ['zenfra', 'success'],
    ['zenfra/network', 'success'],
  ]);
});

/** A repository whose plans wait until its gate is opened. */
async function gatedRepository(t: TestContext, name: string) {
  const gate = await buildGate();
  t.after(() => gate.close());
  const files = { 'zenfra.yml': 'stacks:\n  network:\n    path: network\n', 'network/company.tf': gate.configuration };
  return { gate, repository: await makeRepository(scene, name, { files }) };
}

test('GitHub performs an older update of a check after the last one: it is ended again', async (t) => {
  const progress = ({ method, path, body }: Pick<RecordedCall, 'method' | 'path' | 'body'>) =>
    method === 'PATCH' &&
    path.includes('/late-update/check-runs/') &&
    (body as { status?: string }).status === 'in_progress';
  const late = Promise.withResolvers<void>();
  // Both slots are taken, so that its checks are there before it runs; and it runs until they have been updated.
  const busy = await gatedRepository(t, 'busy');
  for (const _ of [1, 2]) await openPull(scene, busy.repository);
  const { gate, repository } = await gatedRepository(t, 'late-update');
  const pull = { ...(await openPull(scene, repository)), repository };
  await until(scene.signal, {
    expected: 'checks that wait',
    look: () => sandbox.checks(repository, pull.sha).length === 2 || undefined,
    seen: () => `${sandbox.checks(repository, pull.sha).length} checks`,
  });
  sandbox.faults.onCall({ when: progress, hangUpUntil: late.promise });
  busy.gate.open();
  const updates = () => sandbox.calls.filter(progress);
  await until(scene.signal, {
    expected: 'an update of a check',
    look: () => updates().length > 0 || undefined,
    seen: () => 'none',
  });
  gate.open();
  await settledRuns(scene, repository, 1);
  await settle(scene);
  late.resolve();
  const open = () => sandbox.checks(pull.repository, pull.sha).filter(({ status }) => status !== 'completed');
  await until(scene.signal, {
    expected: 'a check that is open again',
    look: () => open().length > 0 || undefined,
    seen: () => `${open().length} open checks`,
  });
  await sql`select graphile_worker.reschedule_jobs(array_agg(id), run_at => now()) from graphile_worker.jobs
    where task_identifier = 'second_look'`.execute(db);
  await until(scene.signal, {
    expected: 'no check that is open',
    look: () => open().length === 0 || undefined,
    seen: () => `${open().length} open checks`,
  });
  await assertToldOnce(pull);
});

test('GitHub answers 502 to comment and checks: they are there in the end, once', async () => {
  sandbox.faults.onCall({ when: (call) => commentCreation(call) || checkCreation(call), times: 3, status: 502 });
  await assertToldOnce(await plannedPull('bad-gateway'));
});

test('a secondary limit puts the report off until GitHub takes it, and the run does not wait', async () => {
  sandbox.faults.onCall({ when: commentCreation, ...secondaryRateLimit(2) });
  const repository = await makeRepository(scene, 'limited');
  const { number, sha } = await openPull(scene, repository);
  await settledRuns(scene, repository, 1);
  await settle(scene);
  await assertToldOnce({ repository, number, sha });
  const creations = sandbox.calls.filter(
    (call) => commentCreation({ ...call, body: call.body }) && call.path.includes('/limited/'),
  );
  assert.deepEqual(
    creations.map(({ status }) => status),
    [403, 201],
  );
});

test('GitHub cannot be asked when a webhook is handled: it is handled in the end', async () => {
  const reads = ({ method, path }: FaultyCall) => method === 'GET' && path.includes('/unreadable/');
  sandbox.faults.onCall({ when: reads, times: 2, status: 503 });
  await assertToldOnce(await plannedPull('unreadable'));
});

test('the reply to a command could not be posted: it is posted later, once, and the command is not obeyed twice', async () => {
  const { repository, number } = await plannedPull('late-reply');
  const isReply = (call: FaultyCall) =>
    commentCreation(call) && String((call.body as { body?: string }).body).includes('reply=');
  sandbox.faults.onCall({ when: isReply, status: 502 });
  const to = sandbox.comment(repository, number, { login: 'kim', body: '/discard' });
  const here = { ...scene, repository };
  await seeReply(here, number, { to, says: ['Discarded the plan of `network`.'] });
  sandbox.faults.onCall({ when: isReply, loseReply: true });
  const again = sandbox.comment(repository, number, { login: 'lee', body: '/plan' });
  await seeReply(here, number, { to: again, says: ['needs the `write` permission'] });
  await settle(scene);
  assert.equal(botComments(here, number).length, 3);
  await seeReactions(here, number, { on: to, are: 'eyes +1' });
});

test('a reaction that GitHub does not take keeps nothing from being done', async () => {
  const { repository, number } = await plannedPull('no-reactions');
  sandbox.faults.onCall({ when: ({ path }) => path.endsWith('/reactions'), times: 99, status: 403 });
  const to = sandbox.comment(repository, number, { login: 'kim', body: '/help' });
  await seeReply({ ...scene, repository }, number, { to, says: ['/approve'] });
});

test('a comment that somebody has deleted is made again', async () => {
  const { repository, number, branch } = await plannedPull('deleted');
  const [comment] = botComments({ ...scene, repository }, number);
  sandbox.deleteComment(repository, comment?.id ?? 0, 'kim');
  const sha = await push(scene, repository, branch);
  await settledRuns(scene, repository, 2);
  await settle(scene);
  assert.deepEqual(
    botComments({ ...scene, repository }, number).map(({ body }) => body.includes(sha.slice(0, 7))),
    [true],
  );
});

test('what has not changed is not sent again, and many wishes to report are one', async () => {
  const { repository, number } = await plannedPull('unchanged');
  const writes = () => sandbox.calls.filter(({ method }) => method !== 'GET').length;
  const before = writes();
  const wishes = Array.from({ length: 20 }, () =>
    requestPullRequestReport(db, { repositoryId: repository.id, number }),
  );
  await Promise.all(wishes);
  await settle(scene);
  assert.equal(writes(), before);
});

test('while five commits are pushed in a row the one comment is edited, and ends with the last', async () => {
  const { repository, number, branch } = await plannedPull('coalesced');
  let newest = '';
  for (let pushed = 0; pushed < 5; pushed += 1) newest = await push(scene, repository, branch);
  await settle(scene);
  const [comment, ...more] = botComments({ ...scene, repository }, number);
  assert.ok(comment?.body.includes(newest.slice(0, 7)));
  assert.deepEqual(more, []);
  const edits = sandbox.calls.filter(
    ({ method, path }) => method === 'PATCH' && path.endsWith(`/comments/${comment?.id}`),
  );
  assert.ok(edits.length <= 5, `${edits.length} edits`);
});

test('what a pull request ends with is told at once, however short ago its comment was edited', async () => {
  const { repository, number, branch } = await plannedPull('resting');
  await db
    .updateTable('pull_requests')
    .set({ reported_at: new Date(Date.now() + 3_600_000) })
    .where('repository_id', '=', repository.id)
    .execute();
  const sha = await push(scene, repository, branch);
  const comment = () => botComments({ ...scene, repository }, number)[0]?.body ?? '';
  await until(scene.signal, {
    expected: `the comment with the plan of ${sha}`,
    look: async () => comment().includes(sha.slice(0, 7)) || undefined,
    seen: async () => comment(),
  });
  await sql`select graphile_worker.reschedule_jobs(array_agg(id), run_at => now()) from graphile_worker.jobs
    where key like 'report:comment:%'`.execute(db);
  await settle(scene);
});
