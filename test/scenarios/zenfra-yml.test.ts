import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { attachBundle, createBundle } from '../../src/bundle/manage.ts';
import { saveVersion } from '../../src/bundle/store.ts';
import { listAttachments } from '../../src/db/page-bundles.ts';
import { headOf, propose, push, say } from '../../src/sandbox/story/act.ts';
import { countRuns, seeCheck, seeComment, seeReply, seeRun } from '../../src/sandbox/story/see.ts';
import { writer } from '../../src/sandbox/story/story-stage.ts';
import { rightsOf } from '../../src/stack/rights.ts';
import { openScene, settle, stacksOf, thing } from '../support/scene.ts';

const scene = await openScene({ after }, { files: { ...stacksOf('app'), 'idle/main.tf': thing(1) } });

test('a zenfra.yml that cannot be used is marked where the mistake is, and nothing is planned', async () => {
  const runs = await countRuns(scene);
  const files = { 'zenfra.yml': 'stacks:\n  app:\n    path: app\n    brnch: main\n', 'app/main.tf': thing(3) };
  const pull = await propose(scene, { branch: 'typo', title: 'A typo', files });
  const title = 'zenfra.yml cannot be used (line 4)';
  const check = await seeCheck(scene, headOf(scene, pull), { name: 'zenfra', is: 'failure', title });
  const message = '"brnch" is not a key in stacks.app. Did you mean "branch"?';
  const [mark] = check.output.annotations;
  assert.deepEqual([mark?.path, mark?.start_line, mark?.message], ['zenfra.yml', 4, message]);
  await seeComment(scene, pull, '### Zenfra · zenfra.yml cannot be used', 'zenfra.yml:4', message);
  const early = say(scene, pull, { body: '/approve' });
  await seeReply(scene, pull, { to: early, says: ['`zenfra.yml:4` cannot be used', 'Push a fix'] });
  await settle(scene);
  assert.equal(await countRuns(scene), runs);
});

test('a zenfra.yml that is renamed to what is not read ends no stack', async () => {
  const { 'zenfra.yml': text = '' } = stacksOf('app');
  await push(scene, { branch: 'yaml', files: { 'zenfra.yml': null }, message: 'Take it out' });
  const pull = await propose(scene, { branch: 'yaml', title: 'Another ending', files: { 'zenfra.yaml': text } });
  const title = 'zenfra.yaml cannot be used';
  const check = await seeCheck(scene, headOf(scene, pull), { name: 'zenfra', is: 'failure', title });
  assert.match(check.output.annotations[0]?.message ?? '', /^This name is not read\. Rename it to zenfra\.yml/);
  await seeComment(scene, pull, '### Zenfra · zenfra.yaml cannot be used');
});

test('of a stack that a pull request moves the directory is told in which it is planned', async () => {
  const { 'zenfra.yml': text = '' } = stacksOf('app');
  await push(scene, { branch: 'move', files: { 'app/main.tf': null }, message: 'Leave' });
  const files = { 'zenfra.yml': text.replace('path: app', 'path: there/app'), 'there/app/main.tf': thing(4) };
  const pull = await propose(scene, { branch: 'move', title: 'Move', files });
  await seeComment(scene, pull, '<summary><b>app</b> · <code>there/app</code> · 1 change</summary>');
});

test('a stack that a pull request adds is planned and applied from there, without the bundle of its name', async () => {
  await attachTo('cache');
  const files = stacksOf('app', 'cache');
  const pull = await propose(scene, { branch: 'cache', title: 'Add a cache', files });
  const sha = headOf(scene, pull);
  await seeCheck(scene, sha, { name: 'zenfra/cache', is: 'success', title: '+1 ~0 -0' });
  const notYet = '`cache` gets the configuration bundles that are attached to it only after this is merged';
  await seeComment(scene, pull, '**cache**', '🟡 Ready to apply', notYet);
  say(scene, pull, { body: '/approve cache' });
  await seeRun(scene, { commit: sha, type: 'tracked', stack: 'cache', status: 'finished' });
  await seeComment(scene, pull, '### ✅ Applied `cache` · 1 added');
  assert.deepEqual(await scene.db.selectFrom('run_bundles').select('run_id').execute(), []);
});

test('a stack that only a pull request has says itself who keeps its state, and has every other right of the defaults', async () => {
  const more =
    '  net:\n    path: net\n    state: external\n    approval: { permission: admin }\n    environment: prod\n';
  const files = { 'zenfra.yml': `${stacksOf('app')['zenfra.yml']}${more}`, 'net/main.tf': thing(1) };
  await propose(scene, { branch: 'net', title: 'Net', files, draft: true });
  await settle(scene);
  const row = scene.db.selectFrom('stacks').select('definition').where('name', '=', 'net');
  const { definition } = await row.executeTakeFirstOrThrow();
  assert.deepEqual(rightsOf(definition), { ...rightsOf({}), state: 'external' });
});

test('a stack that a pull request brings is there until that ends, wherever the branches go, and runs with the merge', async () => {
  const added = { 'zenfra.yml': `${stacksOf('app')['zenfra.yml']}  idle:\n    path: idle\n` };
  const pull = await propose(scene, { branch: 'idle', title: 'Take it on', files: added });
  await settle(scene);
  await push(scene, { branch: 'main', files: { 'README.md': 'x' }, message: 'Elsewhere' });
  await settle(scene);
  const row = scene.db.selectFrom('stacks').select('removed_at').where('name', '=', 'idle');
  assert.equal((await row.executeTakeFirstOrThrow()).removed_at, null);
  const sha = await push(scene, { branch: 'idle', files: { 'NOTES.md': 'x' }, message: 'Elsewhere too' });
  await seeCheck(scene, sha, { name: 'zenfra/idle', is: 'success', title: '+1 ~0 -0' });
  await settle(scene);
  const merge = await scene.sandbox.mergePullRequest(scene.repository, pull, writer);
  await seeRun(scene, { commit: merge, type: 'tracked', stack: 'idle', status: 'unconfirmed' });
});

test('a stack that is renamed takes along what is attached to its name, where the new one has not got it already', async () => {
  const cloud = await attachTo('app', { bundle: 'app-alone', priority: 20 });
  const both = await attachTo('app', { bundle: 'app-and-web', priority: 20 });
  const store = { db: scene.db, masterKey: scene.stage.masterKey };
  await attachBundle(store, { bundleId: both, to: 'stack', name: 'web', priority: 30, user: writer });
  await attachBundle(store, { bundleId: both, to: 'label', name: 'app', priority: 40, user: writer });
  const files = { 'zenfra.yml': 'stacks:\n  web:\n    path: app\n    renamed_from: app\n' };
  await push(scene, { branch: 'main', files, message: 'Rename it' });
  await settle(scene);
  const attached = async (id: string) =>
    (await listAttachments(scene.db, id)).map(({ to, name, priority }) => `${to} ${name} ${priority}`);
  assert.deepEqual(await attached(cloud), ['stack web 20']);
  assert.deepEqual(await attached(both), ['label app 40', 'stack web 30']);
});

async function attachTo(name: string, { bundle = 'cloud', priority = 10 } = {}): Promise<string> {
  const store = { db: scene.db, masterKey: scene.stage.masterKey };
  const wanted = { repositoryId: scene.repository.id, name: bundle, description: '', user: writer };
  const made = await createBundle(store, wanted);
  assert.ok(made.ok);
  const key = { key: 'CLOUD_KEY', value: 'x', secret: false, description: '', available: 'both' as const };
  const contents = { variables: [key], files: [] };
  await saveVersion(store, { bundleId: made.id, from: 0, contents, user: writer });
  await attachBundle(store, { bundleId: made.id, to: 'stack', name, priority, user: writer });
  return made.id;
}
