import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Insertable, sql } from 'kysely';
import { pino } from 'pino';
import { getRepository } from '../../src/db/repositories.ts';
import type { RunsTable } from '../../src/db/schema.ts';
import { PutOff } from '../../src/github/budget.ts';
import { createComment } from '../../src/github/comments.ts';
import { type CheckToPost, postChecks } from '../../src/reports/post-check.ts';
import { reportPullRequest } from '../../src/reports/report-pull-request.ts';
import { reportRun } from '../../src/reports/report-run.ts';
import { answering, infra } from '../github/answers.ts';
import { commit, seedRun, seedStack } from '../pages/seed.ts';
import { createTestDatabase } from '../support/database.ts';

/** A database, and a GitHub that takes so many writes an hour. */
async function listening(t: TestContext, requests: number) {
  const { db, drop } = await createTestDatabase();
  t.after(drop);
  const { github, asked } = await answering(
    t,
    () => ({ status: 201, body: { id: asked.length, check_runs: [], updated_at: '2026-01-01T00:00:00Z' } }),
    [{ requests, perMs: 3_600_000 }],
  );
  const deps = { db, github, appId: 1, log: pino({ level: 'silent' }), publicUrl: '', githubServerUrl: '' };
  return { db, github, asked, deps };
}

/** Two hundred stacks, each with a run that is being planned. */
async function twoHundred(t: TestContext, run: Partial<Insertable<RunsTable>>) {
  const { db, asked, deps } = await listening(t, 10_000);
  const stacks: { name: string; runId: string }[] = [];
  for (let n = 1; n <= 200; n += 1) {
    const seeded = await seedStack(db, `s-${n}`, `s-${n}`);
    stacks.push({ name: `s-${n}`, runId: await seedRun(seeded, { status: 'planning', ...run }) });
  }
  const failure = JSON.stringify({ phase: 'planning', reason: 'exit', headline: 'x', detail: 'x', diagnostics: [] });
  const fail = async (ids: string[]) =>
    db.updateTable('runs').set({ status: 'failed', ended_at: new Date(), failure }).where('id', 'in', ids).execute();
  return { db, asked, deps, stacks, ids: stacks.map(({ runId }) => runId), fail };
}

/** Checks of twelve stacks and of all of them, and a GitHub that takes ten writes an hour. */
async function twelve(t: TestContext) {
  const { db, github, asked, deps } = await listening(t, 10);
  const seeded = await seedStack(db);
  const text = { title: 'x', summary: 'x', actions: [], annotations: [] };
  const check = (name: string, runId: string | null): CheckToPost => ({
    ...{ headSha: commit, runId, detailsUrl: '' },
    report: { ...text, name, status: 'completed', conclusion: 'success' },
  });
  const ofStacks: CheckToPost[] = [];
  for (let n = 1; n <= 12; n += 1) ofStacks.push(check(`zenfra/${n}`, await seedRun(seeded, { type: 'plan_only' })));
  const post = async () =>
    postChecks(deps, await getRepository(db, 7), [...ofStacks, check('zenfra', null)], { news: true });
  /** That of all stacks while it is under way. */
  const tell = async (title: string) => {
    const all = check('zenfra', null);
    const report = { ...text, name: 'zenfra', status: 'in_progress', title } as const;
    return postChecks(deps, await getRepository(db, 7), [{ ...all, report }], { news: true });
  };
  return { db, github, asked, post, tell };
}

test('checks of more stacks than GitHub takes at once are made later, and hold up neither the aggregate nor a comment', async (t) => {
  const { db, github, asked, post } = await twelve(t);
  await assert.rejects(post(), PutOff);
  const sent = await db.selectFrom('posted_checks').select('name').where('github_id', 'is not', null).execute();
  assert.ok(sent.some(({ name }) => name === 'zenfra'));
  await createComment(github, infra, { number: 1, body: 'x' });
  asked.length = 0;

  await assert.rejects(post(), PutOff);
  assert.deepEqual(asked, [], 'what was never sent is not looked for');
  const { rows } = await sql`select id from graphile_worker.jobs where task_identifier = 'second_look'`.execute(db);
  assert.deepEqual(rows, []);
});

test('the news of how far plans are do not hold up what they end with', async (t) => {
  const { db, asked, post, tell } = await twelve(t);
  const news = async () => {
    for (let n = 0; n < 12; n += 1) await tell(`${n} of 12 planned`);
  };
  await assert.rejects(news(), PutOff);
  assert.equal(asked.length, 8);
  await assert.rejects(post(), PutOff);
  const sent = await db.selectFrom('posted_checks').select('completed').where('name', '=', 'zenfra').execute();
  assert.deepEqual(sent, [{ completed: true }]);
});

test('of a push that touches two hundred stacks each check is one write, until few are under way', async (t) => {
  const { asked, deps, ids, fail } = await twoHundred(t, {});
  const tell = async (some: string[]) => {
    for (const runId of some) await reportRun(deps, { runId });
  };
  await tell(ids);
  assert.deepEqual(asked, []);
  await fail(ids.slice(0, 191));
  await tell(ids.slice(0, 191));
  assert.equal(asked.length, 191);
  await tell(ids);
  assert.equal(asked.length, 200);
});

test('of a pull request of two hundred stacks the results are told at once, and how far they are is not told with each', async (t) => {
  const { db, asked, deps, stacks, ids, fail } = await twoHundred(t, { type: 'plan_only', pull_request_number: 42 });
  const affected = JSON.stringify(stacks.map(({ name }) => ({ name, because: 'x' })));
  const pull = {
    repository_id: 7,
    number: 42,
    title: 'x',
    author: 'kim',
    head_ref: 'x',
    base_ref: 'main',
    fork: false,
  };
  await db
    .insertInto('pull_requests')
    .values({ ...pull, head_sha: commit, state: 'open', draft: false, affected })
    .execute();
  const tell = async () => reportPullRequest(deps, { repositoryId: 7, number: 42 });
  await tell();
  assert.equal(asked.length, 1, 'that it is planned');
  for (let n = 0; n < 20; n += 1) {
    await fail(ids.slice(n, n + 1));
    await tell();
  }
  const writes = asked.filter((line) => !line.startsWith('GET'));
  assert.equal(writes.length, 1 + 20 + 2, 'their checks, and the comment and the news with the first');
  await fail(ids);
  await tell();
  assert.equal(asked.filter((line) => !line.startsWith('GET')).length, 1 + 200 + 2 + 2);
});
