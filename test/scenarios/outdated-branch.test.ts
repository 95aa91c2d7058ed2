import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { SandboxRepository } from '../../src/sandbox/github.ts';
import { seeCheck } from '../../src/sandbox/story/see.ts';
import { writer } from '../../src/sandbox/story/story-stage.ts';
import { openScene, settle } from '../support/scene.ts';
import { makeRepository, module } from '../support/small-repository.ts';

const scene = await openScene({ after });
const { sandbox, db } = scene;

type Files = Record<string, string | null>;

/** A branch with one change, made before the default branch changes too. Its head. */
async function part(repository: SandboxRepository, change: { branch: Files; main: Files }): Promise<string> {
  const commit = (branch: string, files: Files) =>
    sandbox.commit(repository, { branch, files, message: `Change ${branch}`, author: writer });
  const sha = await commit('outdated', change.branch);
  await commit('main', change.main);
  await settle(scene);
  return sha;
}

/** Opens the pull request of that branch. Its stacks, and its comments' notes. */
async function open(repository: SandboxRepository, base = 'main') {
  const pull = { title: 'Outdated', head: 'outdated', base, author: writer };
  const number = await sandbox.openPullRequest(repository, pull);
  await settle(scene);
  const { affected, notes } = await db
    .selectFrom('pull_requests')
    .select(['affected', 'notes'])
    .where('repository_id', '=', repository.id)
    .where('number', '=', number)
    .executeTakeFirstOrThrow();
  return { affected: affected.map(({ name, because }) => `${name}: ${because}`), notes };
}

async function stacksOf(repository: SandboxRepository): Promise<string[]> {
  const rows = await db
    .selectFrom('stacks')
    .select(['name', 'pull_request_number'])
    .where('repository_id', '=', repository.id)
    .where('removed_at', 'is', null)
    .orderBy('name')
    .execute();
  return rows.map(({ name, pull_request_number: number }) => (number === null ? name : `${name} of #${number}`));
}

const networkAlone = 'stacks:\n  network:\n    path: network\n    var_files: [a.tfvars]\n';

test('a note in zenfra.yml of an outdated branch neither brings back nor plans what the default branch changed', async () => {
  const repository = await makeRepository(scene, 'a-note');
  const file = (await sandbox.readFile(repository, 'main', 'zenfra.yml')) ?? '';
  const sha = await part(repository, {
    branch: { 'zenfra.yml': `# A note\n${file}` },
    main: { 'zenfra.yml': networkAlone, 'network/a.tfvars': '' },
  });
  assert.deepEqual(await open(repository), { affected: [], notes: [] });
  assert.deepEqual(await stacksOf(repository), ['network']);
  await seeCheck({ ...scene, repository }, sha, { name: 'zenfra', is: 'success', title: 'No stacks affected' });
});

test('what an outdated branch changes itself is planned', async () => {
  const repository = await makeRepository(scene, 'its-own');
  const file = (await sandbox.readFile(repository, 'main', 'zenfra.yml')) ?? '';
  const dns = file.replace('path: dns\n', 'path: dns\n    iac:\n      version: ">= 1.0"\n');
  await part(repository, {
    branch: { 'zenfra.yml': `${dns}  cache:\n    path: cache\n`, 'cache/main.tf': module(1) },
    main: { 'zenfra.yml': `${file}  later:\n    path: later\n`, 'later/main.tf': module(1) },
  });
  assert.deepEqual(await open(repository), { affected: ['dns: zenfra.yml', 'cache: cache/main.tf'], notes: [] });
  assert.deepEqual(await stacksOf(repository), ['cache of #1', 'dns', 'later', 'network']);
});

test('the merge base is the one with the default branch, whichever branch the pull request goes to', async () => {
  const repository = await makeRepository(scene, 'other-base');
  const file = (await sandbox.readFile(repository, 'main', 'zenfra.yml')) ?? '';
  const live = (text: string) => text.replace('path: dns\n', 'path: dns\n    branch: live\n');
  const started = await sandbox.commit(repository, {
    ...{ branch: 'main', message: 'Track live', author: writer },
    files: { 'zenfra.yml': live(file) },
  });
  await sandbox.commit(repository, {
    ...{ branch: 'live', from: started, message: 'Live', author: writer },
    files: { 'README.md': 'x' },
  });
  await part(repository, {
    branch: { 'zenfra.yml': `# A note\n${live(file)}` },
    main: { 'zenfra.yml': live(file).replace('path: dns\n', 'path: dns\n    iac:\n      version: ">= 1.0"\n') },
  });
  assert.deepEqual(await open(repository, 'live'), { affected: [], notes: [] });
});

test('a zenfra.yml that cannot be used where the branch began makes all of the head count as its own', async () => {
  const repository = await makeRepository(scene, 'broken-base');
  const file = (await sandbox.readFile(repository, 'main', 'zenfra.yml')) ?? '';
  const mistake = { branch: 'main', files: { 'zenfra.yml': 'stacks: 1\n' }, message: 'Oops', author: writer };
  await sandbox.commit(repository, mistake);
  await part(repository, { branch: { 'zenfra.yml': file }, main: { 'zenfra.yml': networkAlone } });
  const { affected } = await open(repository);
  assert.deepEqual(affected, ['network: zenfra.yml', 'dns: zenfra.yml']);
});

test('a directory that the default branch deleted is not brought back by a branch that still has it', async () => {
  const files = {
    'zenfra.yml': 'discover:\n  paths: ["live/**"]\n',
    'live/eu/main.tf': module(1),
    'live/us/main.tf': module(1),
  };
  const repository = await makeRepository(scene, 'discovered', { files });
  const sha = await part(repository, {
    branch: { 'live/eu/main.tf': module(2), 'live/asia/main.tf': module(1) },
    main: { 'live/us/main.tf': null, 'live/africa/main.tf': module(1) },
  });
  const { affected, notes } = await open(repository);
  assert.deepEqual(affected.sort(), ['live-asia: live/asia/main.tf', 'live-eu: live/eu/main.tf']);
  assert.deepEqual(notes, []);
  assert.deepEqual(await stacksOf(repository), ['live-africa', 'live-asia of #1', 'live-eu']);
  await seeCheck({ ...scene, repository }, sha, { name: 'zenfra', is: 'success', title: '2 stacks: 2 with changes' });
});
