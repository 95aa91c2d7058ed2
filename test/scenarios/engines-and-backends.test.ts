import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { headOf, propose, say } from '../../src/sandbox/story/act.ts';
import { seeComment, seeRun } from '../../src/sandbox/story/see.ts';
import { writer } from '../../src/sandbox/story/story-stage.ts';
import { makeSigner, publish, startMirror } from '../runners/mirror.ts';
import { openScene, settle, stacksOf, thing } from '../support/scene.ts';

const mirror = await startMirror();
const signer = await makeSigner();
await publish(mirror, { engine: 'terraform', version: '1.11.98', signer });
await publish(mirror, { engine: 'terraform', version: '1.12.1', signer });
const directory = mkdtempSync(join(tmpdir(), 'zenfra-backends-'));
after(async () => {
  await mirror.close();
  rmSync(directory, { recursive: true, force: true });
});

/** A stack whose repository says where its state is. */
const statePath = join(directory, 'states', 'net.tfstate');
const backend = `terraform {\n  backend "local" {\n    path = "${statePath}"\n  }\n}\n`;
const { 'zenfra.yml': stacks = '', ...files } = stacksOf('app', 'net');
const scene = await openScene(
  { after },
  {
    files: {
      ...files,
      'zenfra.yml': `${stacks}    state: external\n`,
      'app/.terraform-version': '~> 1.11.50\n',
      'net/backend.tf': backend,
    },
    engines: {
      directory: join(directory, 'engines'),
      mirrors: { terraform: mirror.url, tofu: null },
      keys: signer.publicKey,
    },
  },
);

const page = async (path: string) => (await fetch(`${scene.url}${path}`)).text();
const change = { 'app/main.tf': thing(2), 'net/main.tf': thing(2) };

test('a stack gets the engine that its repository asks for, and an approval is bound to it', async () => {
  const pull = await propose(scene, { branch: 'change', title: 'Change', files: change });
  await seeComment(scene, pull, '🟡 Ready to apply');
  await settle(scene);
  const plans = await scene.db
    .selectFrom('plans')
    .innerJoin('stacks', 'stacks.id', 'plans.stack_id')
    .select(['stacks.name', 'engine_version', 'external_state', 'plans.run_id'])
    .orderBy('stacks.name')
    .execute();
  const env = { ...process.env, CHECKPOINT_DISABLE: '1' };
  const own = JSON.parse(execFileSync('terraform', ['version', '-json'], { encoding: 'utf8', env })).terraform_version;
  assert.deepEqual(
    plans.map(({ run_id: _, ...plan }) => plan),
    [
      { name: 'app', engine_version: '1.11.98', external_state: null },
      { name: 'net', engine_version: own, external_state: { lineage: null, serial: null } },
    ],
  );
  assert.match(await page(`/runs/${plans[0]?.run_id}`), /Terraform 1\.11\.98/);
  assert.equal(mirror.asked.filter((path) => path.endsWith('.zip')).length, 1);
  say(scene, pull, { body: '/approve' });
  for (const stack of ['app', 'net'])
    await seeRun(scene, { commit: headOf(scene, pull), type: 'tracked', stack, status: 'finished' });
  await settle(scene);
});

test('the State tab of a stack with a backend of its own says that Zenfra keeps nothing, and takes it in', async () => {
  const { id } = await scene.db.selectFrom('stacks').select('id').where('name', '=', 'net').executeTakeFirstOrThrow();
  const text = await page(`/stacks/${id}/state`);
  assert.match(text, /The state is kept elsewhere/);
  assert.match(
    text,
    /To move the state in[\s\S]*Somebody with admin permission on the repository can import a state here/,
  );
  assert.equal(
    (await scene.db.selectFrom('state_versions').where('stack_id', '=', id).select('id').execute()).length,
    0,
  );
});

test('a pull request that changes who keeps the state is told in which order that goes', async () => {
  const files = {
    'zenfra.yml': `${stacks.replace('path: app\n', 'path: app\n    state: external\n')}    state: external\n`,
  };
  const moving = { ...files, 'app/backend.tf': backend.replace('net.tfstate', 'app.tfstate') };
  const pull = await propose(scene, { branch: 'moving', title: 'Move', files: moving });
  await seeComment(
    scene,
    pull,
    'What this changes of `state` of `app` takes effect only after it is merged.',
    'A change of `state` moves no state: merge that line by itself, move the state of `app`, and change the `backend` block after that. See docs/operations.md, Moving a state in or out.',
    'so merge that line first.',
  );
  await settle(scene);
  await scene.sandbox.closePullRequest(scene.repository, pull, writer);
  await settle(scene);
});

test('a plan whose backend has another state by now is not applied, but made anew', async () => {
  await scene.sandbox.closePullRequest(scene.repository, 1, writer);
  await settle(scene);
  const pull = await propose(scene, { branch: 'more', title: 'More', files: { 'net/main.tf': thing(3) } });
  await seeComment(scene, pull, '🟡 Ready to apply');
  const state = JSON.parse(readFileSync(statePath, 'utf8'));
  writeFileSync(statePath, JSON.stringify({ ...state, serial: state.serial + 7 }));
  say(scene, pull, { body: '/approve' });
  const run = await seeRun(scene, { commit: headOf(scene, pull), type: 'tracked', stack: 'net', status: 'failed' });
  await settle(scene);
  const { failure } = await scene.db
    .selectFrom('runs')
    .select('failure')
    .where('id', '=', run.id)
    .executeTakeFirstOrThrow();
  assert.match(
    failure?.headline ?? '',
    new RegExp(`the state changed since \\(serial ${state.serial} → ${state.serial + 7}\\)`),
  );
  await seeComment(scene, pull, '🟡 Ready to apply');
});
