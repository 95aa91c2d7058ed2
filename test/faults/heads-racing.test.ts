import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { say } from '../../src/sandbox/story/act.ts';
import { buildGate } from '../../src/sandbox/story/gate.ts';
import { seeCheck, seeComment, seeReactions, seeReply, seeRun } from '../../src/sandbox/story/see.ts';
import { openScene, settle } from '../support/scene.ts';
import { describe, makeRepository, module, openPull, push, runsOf, settledRuns } from '../support/small-repository.ts';

const scene = await openScene({ after });
const { sandbox, db } = scene;
afterEach(() => sandbox.faults.clear());

async function readyPull(name: string) {
  const repository = await makeRepository(scene, name);
  const here = { ...scene, repository };
  const pull = await openPull(scene, repository);
  await seeComment(here, pull.number, '🟡 Ready to apply');
  await settle(scene);
  return { ...pull, repository, here };
}

async function nothingApplied(repositoryId: number): Promise<void> {
  const applies = await db
    .selectFrom('applies')
    .innerJoin('runs', 'runs.id', 'applies.run_id')
    .select('runs.number')
    .where('repository_id', '=', repositoryId)
    .execute();
  assert.deepEqual(applies, []);
}

test('two pushes racing: the old plans can never be approved', async () => {
  const { repository, here, number, sha, branch } = await readyPull('two-pushes');
  const [older, newest] = [await push(scene, repository, branch), await push(scene, repository, branch)];
  await settle(scene);
  for (const commit of [sha, older]) {
    const to = say(here, number, { body: `/approve ${commit.slice(0, 12)}` });
    await seeReply(here, number, { to, says: [newest.slice(0, 7)] });
  }
  const button = sandbox.checks(repository, sha).find(({ name }) => name === 'zenfra/network');
  sandbox.pressCheckButton(repository, button?.id ?? 0, { identifier: 'apply_plan', login: 'kim' });
  await settle(scene);
  await nothingApplied(repository.id);
});

test('a plan that was made again: the button of the older check applies neither, and says so where the newer is shown', async () => {
  const { repository, here, number, sha } = await readyPull('planned-again');
  const older = sandbox.checks(repository, sha).find(({ name }) => name === 'zenfra/network');
  const on = say(here, number, { body: '/plan' });
  await seeReactions(here, number, { on, are: 'eyes rocket +1' });
  await settle(scene);
  const press = (check: typeof older) =>
    sandbox.pressCheckButton(repository, check?.id ?? 0, { identifier: 'apply_plan', login: 'kim' });
  press(older);
  await settle(scene);
  await nothingApplied(repository.id);
  const newer = await seeCheck(here, sha, { name: 'zenfra/network', is: 'success', title: '+1 ~0 -0' });
  assert.notEqual(newer.id, older?.id);
  assert.match(newer.output.summary ?? '', /another plan of `network` than \[run #\d+\]/);
  press(newer);
  await seeCheck(here, sha, { name: 'zenfra/network', is: 'success', title: /^Applied: \+1/ });
});

test('force-push back to a commit that was planned before: its plan of now counts, not that of the commit between', async () => {
  const { repository, here, number, sha, branch } = await readyPull('force-push');
  const between = await push(scene, repository, branch);
  await settledRuns(scene, repository, 2);
  const rewrite = { branch, from: sha, files: {}, message: 'Back', author: 'kim', force: true };
  const back = await sandbox.commit(repository, rewrite);
  await settledRuns(scene, repository, 3);
  await seeComment(here, number, `sha=${back.slice(0, 7)}`, '🟡 Ready to apply');
  const to = say(here, number, { body: `/approve ${between.slice(0, 12)}` });
  await seeReply(here, number, { to, says: [back.slice(0, 7)] });
  await nothingApplied(repository.id);
  const on = say(here, number, { body: '/approve' });
  await seeReactions(here, number, { on, are: 'eyes rocket +1' });
  const applied = (await runsOf(scene, repository)).filter((run) => run.type === 'tracked');
  assert.deepEqual(
    applied.map((run) => [run.status, run.commit_sha]),
    [['finished', back]],
  );
});

test('push while planning: the plan that was under way ends, and can never be approved', async (t) => {
  const gate = await buildGate();
  t.after(() => gate.close());
  const repository = await makeRepository(scene, 'while-planning');
  const here = { ...scene, repository };
  const slow = { 'network/company.tf': gate.configuration };
  const older = await sandbox.commit(repository, { branch: 'slow', files: slow, message: 'Wait', author: 'kim' });
  const pull = { title: 'Wait', head: 'slow', base: 'main', author: 'kim' };
  const number = await sandbox.openPullRequest(repository, pull);
  const run = await seeRun(here, { commit: older, type: 'plan_only', status: 'planning' });
  const files = { 'network/company.tf': null as unknown as string, 'network/main.tf': module('later') };
  const newest = await sandbox.commit(repository, { branch: 'slow', files, message: 'Do not', author: 'kim' });
  gate.open();
  await seeComment(here, number, `sha=${newest.slice(0, 7)}`, '🟡 Ready to apply');
  await settle(scene);
  const ended = (await runsOf(scene, repository)).find(({ id }) => id === run.id);
  assert.equal(ended?.status, 'discarded');
  const to = say(here, number, { body: `/approve ${older.slice(0, 12)}` });
  await seeReply(here, number, { to, says: [newest.slice(0, 7)] });
  await nothingApplied(repository.id);
});

test('approval against push: what is pushed between the comment and the start is found, and nothing is applied', async (t) => {
  const gate = await buildGate();
  t.after(() => gate.close());
  const narrow = await openScene(t, { slots: 1 });
  const repository = await makeRepository(narrow, 'approval-against-push');
  const here = { ...narrow, repository };
  const { number, branch } = await openPull(narrow, repository);
  await seeComment(here, number, '🟡 Ready to apply');
  // Whatever is approved now waits for the one worker there is.
  const slow = { 'dns/company.tf': gate.configuration };
  const first = await narrow.sandbox.commit(repository, {
    branch: 'slow',
    files: slow,
    message: 'Wait',
    author: 'kim',
  });
  await narrow.sandbox.openPullRequest(repository, { title: 'Wait', head: 'slow', base: 'main', author: 'kim' });
  await seeRun(here, { commit: first, type: 'plan_only', status: 'planning' });
  const on = say(here, number, { body: '/approve' });
  await seeReactions(here, number, { on, are: 'eyes rocket' });
  const head = await push(narrow, repository, branch);
  gate.open();
  await seeReactions(here, number, { on, are: 'eyes rocket -1' });
  await seeComment(here, number, '### ❌ Not applied: `network`', `a new commit \`${head.slice(0, 7)}\` was pushed`);
  await settle(narrow);
  assert.deepEqual(await narrow.db.selectFrom('applies').select('run_id').execute(), []);
  const planned = (await runsOf(narrow, repository)).filter((run) => run.commit_sha === head);
  assert.ok(
    planned.some((run) => run.type === 'plan_only' && run.status === 'finished'),
    describe(planned),
  );
});

test('cancel against finish: either the run was canceled or it finished, and its check says the same', async () => {
  const { repository, here, number, sha } = await readyPull('cancel-finish');
  say(here, number, { body: '/plan' });
  for (let tries = 0; tries < 5; tries += 1) say(here, number, { body: '/cancel' });
  await settle(scene);
  const runs = await runsOf(scene, repository);
  for (const run of runs) assert.match(run.status, /^(finished|canceled)$/, describe(runs));
  const last = runs.at(-1);
  const is = last?.status === 'finished' ? 'success' : 'cancelled';
  await seeCheck(here, sha, { name: 'zenfra/network', is, title: is === 'success' ? '+1 ~0 -0' : /^Canceled/ });
});
