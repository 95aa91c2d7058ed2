import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import pino from 'pino';
import { headOf, propose, say } from '../../src/sandbox/story/act.ts';
import { seeComment, seeRun } from '../../src/sandbox/story/see.ts';
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

  assert.equal((await rerunIt(scene, applied.id)).ok, true);
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

/** What the page's Re-run does. */
function rerunIt({ stage }: Scene, runId: string) {
  const { db, github } = stage.app;
  return rerun({ db, github, log: pino({ level: 'silent' }) }, { runId, user: writer });
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
