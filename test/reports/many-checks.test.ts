import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { pino } from 'pino';
import { getRepository } from '../../src/db/repositories.ts';
import { PutOff } from '../../src/github/budget.ts';
import { createComment } from '../../src/github/comments.ts';
import { type CheckToPost, postChecks } from '../../src/reports/post-check.ts';
import { answering, infra } from '../github/answers.ts';
import { commit, seedRun, seedStack } from '../pages/seed.ts';
import { createTestDatabase } from '../support/database.ts';

/** Checks of twelve stacks and of all of them, and a GitHub that takes ten writes an hour. */
async function twelve(t: TestContext) {
  const { db, drop } = await createTestDatabase();
  t.after(drop);
  const seeded = await seedStack(db);
  const { github, asked } = await answering(
    t,
    () => ({ status: 201, body: { id: asked.length, check_runs: [], updated_at: '2026-01-01T00:00:00Z' } }),
    [{ requests: 10, perMs: 3_600_000 }],
  );
  const deps = { db, github, appId: 1, log: pino({ level: 'silent' }), publicUrl: '', githubServerUrl: '' };
  const text = { title: 'x', summary: 'x', actions: [], annotations: [] };
  const check = (name: string, runId: string | null): CheckToPost => ({
    ...{ headSha: commit, runId, detailsUrl: '' },
    report: { ...text, name, status: 'completed', conclusion: 'success' },
  });
  const ofStacks: CheckToPost[] = [];
  for (let n = 1; n <= 12; n += 1) ofStacks.push(check(`zenfra/${n}`, await seedRun(seeded, { type: 'plan_only' })));
  const post = async () => postChecks(deps, await getRepository(db, 7), [...ofStacks, check('zenfra', null)]);
  /** That of all stacks while it is under way. */
  const tell = async (title: string) => {
    const all = check('zenfra', null);
    const report = { ...text, name: 'zenfra', status: 'in_progress', title } as const;
    return postChecks(deps, await getRepository(db, 7), [{ ...all, report }]);
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
