import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { botComments, seeComment, seeReactions, seeReply } from '../../src/sandbox/story/see.ts';
import { openScene, settle } from '../support/scene.ts';
import { seeWaitingForStack } from '../support/see-waiting.ts';
import { makeRepository, openPull, runsOf, settledRuns } from '../support/small-repository.ts';
import { handIn, sentFor } from '../webhooks/hand-in.ts';

const scene = await openScene({ after });
const { sandbox, db } = scene;
sandbox.createUser('ada');

/** A pull request that was merged before its plan was applied: the push's run waits for approval. */
async function mergedPull(name: string) {
  const repository = await makeRepository(scene, name);
  sandbox.setPermission(repository, 'ada', 'write');
  const { number } = await openPull(scene, repository);
  await settledRuns(scene, repository, 1);
  await sandbox.mergePullRequest(repository, number, 'kim');
  const [, run] = await settledRuns(scene, repository, 2);
  await seeComment({ ...scene, repository }, number, `run=${run?.id} plan -->`);
  await settle(scene);
  return { ...scene, repository, number, runId: run?.id ?? '' };
}

const statusOf = async (runId: string) =>
  (await db.selectFrom('runs').select('status').where('id', '=', runId).executeTakeFirstOrThrow()).status;

test('on a merged pull request a comment from before the plan was posted approves nothing', async () => {
  const merged = await mergedPull('before-the-plan');
  const said = sandbox.comment(merged.repository, merged.number, { login: 'kim', body: 'Merged.' });
  await sandbox.idle();
  const payload = sentFor(scene, merged.repository, 'issue_comment').at(-1) ?? {};
  const comment = { ...(payload.comment as object), id: said + 500_000, body: '/approve' };
  const early = { ...comment, created_at: '2020-01-01T00:00:00Z' };
  assert.equal(await handIn(scene, 'issue_comment', { ...payload, comment: early }), 'approve: refused');
  await settle(scene);
  const reply = botComments(merged, merged.number).at(-1)?.body ?? '';
  assert.match(reply, /the plan of `network` is newer than your comment, so you cannot have seen it/);
  assert.equal(await statusOf(merged.runId), 'unconfirmed');
});

test('of two approvals at once of a merged pull request’s run one counts, and the other is told by whom', async () => {
  const merged = await mergedPull('merged-twice');
  const logins = ['kim', 'ada'];
  const comments = await db.transaction().execute(async (trx) => {
    await sql`select 1 from stacks where repository_id = ${merged.repository.id} for update`.execute(trx);
    const said = logins.map((login) => sandbox.comment(merged.repository, merged.number, { login, body: '/approve' }));
    await seeWaitingForStack(db, 2);
    return said;
  });
  await settle(scene);
  const run = (await runsOf(scene, merged.repository)).at(-1);
  assert.deepEqual([run?.status, run?.id], ['finished', merged.runId]);
  const winner = logins.indexOf(run?.approved_by ?? '');
  const [won = 0, late = 0] = winner === 0 ? comments : comments.toReversed();
  await seeReactions(merged, merged.number, { on: won, are: 'eyes rocket +1' });
  await seeReactions(merged, merged.number, { on: late, are: 'eyes confused' });
  const says = [`Already approved by @${run?.approved_by}: [run #${run?.number}](`];
  await seeReply(merged, merged.number, { to: late, says });
});

test('a plan that is approved and then merged before it starts is left to the run of the push', async () => {
  const repository = await makeRepository(scene, 'approved-then-merged');
  const { number } = await openPull(scene, repository);
  await settledRuns(scene, repository, 1);
  await settle(scene);
  // Asked when the comment comes, and again at the start: the second time the answer takes until after the merge.
  let asked = 0;
  let merging: Promise<string> | undefined;
  sandbox.faults.onCall({
    when: ({ path }) => {
      if (!path.endsWith(`/approved-then-merged/pulls/${number}`)) return false;
      asked += 1;
      if (asked === 2) merging = sandbox.mergePullRequest(repository, number, 'kim');
      return asked === 2;
    },
    delayMs: 1_000,
  });
  sandbox.comment(repository, number, { login: 'kim', body: '/approve' });
  await settledRuns(scene, repository, 3);
  await merging;
  const [, adopted, pushed] = await runsOf(scene, repository);
  assert.equal(adopted?.status, 'failed');
  assert.match(adopted?.failure?.headline ?? '', /This pull request is merged: approve the run of the tracked branch/);
  assert.deepEqual([pushed?.trigger, pushed?.status], ['push', 'unconfirmed']);
});

test('after the merge the plan from before it is not offered, and a commit that is named means its own plan', async () => {
  const repository = await makeRepository(scene, 'old-button');
  const { number, sha } = await openPull(scene, repository);
  await settledRuns(scene, repository, 1);
  await settle(scene);
  const more = { 'network/more.tf': 'resource "terraform_data" "more" {}\n' };
  await sandbox.commit(repository, { branch: 'main', files: more, message: 'More', author: 'kim' });
  await settle(scene);
  await sandbox.mergePullRequest(repository, number, 'kim');
  await settle(scene);
  const check = sandbox.checks(repository, sha).findLast(({ name }) => name === 'zenfra/network');
  assert.deepEqual(check?.actions, []);
  const comment = sandbox.comment(repository, number, { login: 'kim', body: `/approve ${sha.slice(0, 7)}` });
  await seeReply({ ...scene, repository }, number, {
    to: comment,
    says: ['but the pull request is merged, and [run #'],
  });
  assert.equal((await runsOf(scene, repository)).at(-1)?.status, 'unconfirmed');
});
