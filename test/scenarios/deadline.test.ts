import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { push } from '../../src/sandbox/story/act.ts';
import { seeCheck, seeRun } from '../../src/sandbox/story/see.ts';
import { openScene, settle, stacksOf, thing } from '../support/scene.ts';

test('a plan of the branch that nobody approves within its week is discarded, and the next push is planned', async (t) => {
  const scene = await openScene(t, { files: stacksOf('app') });
  const sha = await push(scene, { branch: 'main', files: { 'app/main.tf': thing(2) }, message: 'Two' });
  const run = await seeRun(scene, { commit: sha, type: 'tracked', status: 'unconfirmed' });
  const week = 7 * 24 * 3_600_000;
  assert.ok(Math.abs((run.deadline_at?.getTime() ?? 0) - run.status_since.getTime() - week) < 1_000);
  await sql`update runs set deadline_at = clock_timestamp() where id = ${run.id}`.execute(scene.db);
  await seeRun(scene, { commit: sha, type: 'tracked', status: 'discarded' });
  const title = 'Discarded: nobody approved it within 7 days';
  await seeCheck(scene, sha, { name: 'zenfra/app', is: 'neutral', title, buttons: ['Plan again'] });
  const next = await push(scene, { branch: 'main', files: { 'app/main.tf': thing(3) }, message: 'Three' });
  await seeRun(scene, { commit: next, type: 'tracked', status: 'unconfirmed' });
  await settle(scene);
  assert.deepEqual(await scene.db.selectFrom('applies').select('run_id').execute(), []);
});
