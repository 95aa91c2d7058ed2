import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import pino from 'pino';
import { headOf, propose, push, say } from '../../src/sandbox/story/act.ts';
import { seeComment, seeReply, seeRun } from '../../src/sandbox/story/see.ts';
import { writer } from '../../src/sandbox/story/story-stage.ts';
import { rerun } from '../../src/triggers/page.ts';
import { openScene, type Scene, settle, stacksOf, thing } from '../support/scene.ts';

const scene = await openScene({ after }, { files: stacksOf('app') });

test('a run that applied a pull request’s plan, run again, is a new plan of that pull request and applies nothing', async () => {
  const pull = await propose(scene, { branch: 'change', title: 'Change', files: { 'app/main.tf': thing(2) } });
  await seeComment(scene, pull, '🟡 Ready to apply');
  say(scene, pull, { body: '/approve' });
  const applied = await seeRun(scene, { commit: headOf(scene, pull), type: 'tracked', status: 'finished' });
  await settle(scene);

  const made = await rerunIt(scene, applied.id);
  assert.equal(made.ok && made.instead, 'planned_again');
  await seeComment(scene, pull, '### Zenfra · no changes');
  await settle(scene);
  assert.deepEqual(await typesOfRuns(), ['plan_only', 'tracked', 'plan_only']);

  scene.sandbox.rerequestCheck(scene.repository, checkOf(applied.id), writer);
  await settle(scene);
  assert.deepEqual(await typesOfRuns(), ['plan_only', 'tracked', 'plan_only', 'plan_only']);

  await scene.sandbox.closePullRequest(scene.repository, pull, writer);
  await settle(scene);
  assert.deepEqual(await rerunIt(scene, applied.id), {
    ok: false,
    why: `Run #${applied.number} applied a plan of pull request #${pull}, which cannot be planned again: the pull request is closed. Trigger a new run of app instead.`,
  });
});

test('a plan that was stored just before its run was canceled is not what /approve means', async () => {
  const pull = await propose(scene, { branch: 'stopped', title: 'Stopped', files: { 'app/main.tf': thing(3) } });
  await seeComment(scene, pull, '🟡 Ready to apply');
  const run = await seeRun(scene, { commit: headOf(scene, pull), type: 'plan_only', status: 'finished' });
  await scene.db.updateTable('runs').set({ status: 'canceled' }).where('id', '=', run.id).execute();
  const comment = say(scene, pull, { body: '/approve' });
  await seeReply(scene, pull, { to: comment, says: ['Not applied: the plan of `app` was stopped in [run #'] });
  await settle(scene);
});

test('who asks for a run that somebody else has asked for is told so, and of a stack that is gone none is made', async () => {
  const sha = await push(scene, { branch: 'main', files: { 'app/main.tf': thing(2) }, message: 'As it is' });
  const run = await seeRun(scene, { commit: sha, type: 'tracked', status: 'finished' });
  const both = await Promise.all([rerunIt(scene, run.id), rerunIt(scene, run.id, 'lee')]);
  assert.deepEqual(both.map((one) => one.ok && one.instead).toSorted(), ['run_there', undefined]);
  await settle(scene);
  await scene.db.updateTable('stacks').set({ removed_at: new Date() }).execute();
  assert.deepEqual(await rerunIt(scene, run.id), {
    ok: false,
    why: 'app is not in zenfra.yml any more. Add it again to run it.',
  });
});

/** What the page's Re-run does. */
function rerunIt({ stage }: Scene, runId: string, user = writer) {
  const { db, github } = stage.app;
  return rerun({ db, github, log: pino({ level: 'silent' }) }, { runId, user });
}

function checkOf(runId: string): number {
  const sha = headOf(scene, 1);
  const check = scene.sandbox.checks(scene.repository, sha).find(({ external_id: id }) => id === runId);
  assert.ok(check, 'the apply has a check');
  return check.id;
}

async function typesOfRuns(): Promise<string[]> {
  const runs = await scene.db.selectFrom('runs').select('type').orderBy('number').execute();
  return runs.map(({ type }) => type);
}
