import assert from 'node:assert/strict';
import { test } from 'node:test';
import { push } from '../../src/sandbox/story/act.ts';
import { press } from '../../src/sandbox/story/press.ts';
import { seeCheck, seeRun } from '../../src/sandbox/story/see.ts';
import { writer } from '../../src/sandbox/story/story-stage.ts';
import { open } from '../../src/secret/envelope.ts';
import { openScene, type Scene, settle, stacksOf, thing } from '../support/scene.ts';

test('a destroy run wants the stack’s name typed, waits for approval, and leaves nothing', async (t) => {
  const scene = await openScene(t, { files: stacksOf('app') });
  const sha = await push(scene, { branch: 'main', files: { 'app/main.tf': thing(2) }, message: 'Two' });
  await seeRun(scene, { commit: sha, type: 'tracked', status: 'unconfirmed' });
  const check = await seeCheck(scene, sha, { name: 'zenfra/app', is: 'action_required', title: /^Needs approval/ });
  scene.sandbox.pressCheckButton(scene.repository, check.id, { identifier: 'approve', login: writer });
  await seeRun(scene, { commit: sha, type: 'tracked', status: 'finished' });
  assert.equal((await readState(scene)).resources.length, 1);

  scene.sandbox.setPermission(scene.repository, writer, 'admin');
  const stack = await scene.db.selectFrom('stacks').select('id').executeTakeFirstOrThrow();
  const page = `/stacks/${stack.id}`;
  const trigger = (fields: Record<string, string>) => press(scene, page, { action: `${page}/trigger`, fields });
  const mistyped = await trigger({ type: 'destroy', confirm: 'ap' });
  assert.match(await mistyped.text(), /To destroy, type the stack’s name, app, into the field/);
  const triggered = await trigger({ type: 'destroy', confirm: 'app' });
  assert.equal(triggered.status, 303);
  const run = await seeRun(scene, { commit: sha, type: 'destroy', status: 'unconfirmed' });
  await seeCheck(scene, sha, { name: 'zenfra/app', is: 'action_required', title: 'Needs approval: +0 ~0 -1' });
  assert.equal((await readState(scene)).resources.length, 1);

  const approve = { action: `/runs/${run.id}/approve`, fields: { confirm: 'app' } };
  const approved = await press(scene, `/runs/${run.id}`, approve);
  assert.equal(approved.status, 303);
  await seeRun(scene, { commit: sha, type: 'destroy', status: 'finished' });
  await seeCheck(scene, sha, { name: 'zenfra/app', is: 'success', title: /^Applied: \+0 ~0 -1 in/ });
  await settle(scene);
  assert.deepEqual((await readState(scene)).resources, []);
});

async function readState({ db, stage }: Scene): Promise<{ resources: unknown[] }> {
  const { id, bytes } = await db
    .selectFrom('state_versions')
    .select(['id', 'bytes'])
    .orderBy('serial', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  return JSON.parse(open(stage.masterKey, bytes, `state_versions/${id}`).toString());
}
