import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { headOf, propose, push } from '../../src/sandbox/story/act.ts';
import { seeCheck, seeComment, seeRun } from '../../src/sandbox/story/see.ts';
import { writer } from '../../src/sandbox/story/story-stage.ts';
import { openScene, settle, thing } from '../support/scene.ts';
import { makeRepository } from '../support/small-repository.ts';

const files = {
  'zenfra.yml': 'discover:\n  paths: ["live/**"]\n',
  'live/eu/main.tf': thing(1),
  'live/us/main.tf': thing(1),
  'live/hidden/main.tf': thing(1),
  // GitHub leaves these out of source archives, and the engine never sees them; the tree has them all the same.
  '.gitattributes': 'live/hidden/** export-ignore\n',
  'shared/common/a.json': '{}',
  'shared/versions.tf': 'terraform {\n  required_version = ">= 1.0"\n}\n',
  // More than are read one by one, so the archive is.
  ...Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`lib/m${index}/main.tf`, thing(100 + index)])),
};
const scene = await openScene({ after }, { files });

const stacksNow = async () => {
  const rows = await scene.db.selectFrom('stacks').select('name').where('removed_at', 'is', null).execute();
  return rows.map(({ name }) => name).sort();
};
const runsOf = async (sha: string) => {
  const runs = scene.db.selectFrom('runs').innerJoin('stacks', 'stacks.id', 'runs.stack_id');
  const rows = await runs.select('stacks.name').where('runs.commit_sha', '=', sha).execute();
  return rows.map(({ name }) => name).sort();
};

test('a root module that the source archive lacks is found all the same', async () => {
  await scene.sandbox.commit(scene.repository, {
    ...{ branch: 'main', author: writer, message: 'Share the versions' },
    files: {
      'live/us/versions.tf': { content: '../../shared/versions.tf', mode: '120000' },
      'live/eu/files/common': { content: '../../../shared/common', mode: '120000' },
      'live/eu/around': { content: '..', mode: '120000' },
    },
  });
  await settle(scene);
  assert.deepEqual(await stacksNow(), ['live-eu', 'live-hidden', 'live-us']);
});

test('a change of a file that a link leads to, or to its directory, plans the stack that has the link', async () => {
  const text = 'terraform {\n  required_version = ">= 1.1"\n}\n';
  const files = { 'shared/versions.tf': text, 'shared/common/a.json': '[]' };
  const pull = await propose(scene, { branch: 'bump', title: 'Bump', files });
  const sha = headOf(scene, pull);
  await seeCheck(scene, sha, { name: 'zenfra/live-us', is: 'success', title: '+1 ~0 -0' });
  await settle(scene);
  assert.deepEqual(await runsOf(sha), ['live-eu', 'live-us']);
});

test('a directory that is moved makes a new stack, and the comment says what becomes of the old one', async () => {
  const sha = await push(scene, { branch: 'main', files: { 'live/eu/main.tf': thing(2) }, message: 'Two' });
  const check = await seeCheck(scene, sha, { name: 'zenfra/live-eu', is: 'action_required', title: /^Needs approval/ });
  scene.sandbox.pressCheckButton(scene.repository, check.id, { identifier: 'approve', login: writer });
  await seeRun(scene, { commit: sha, type: 'tracked', stack: 'live-eu', status: 'finished' });
  await push(scene, { branch: 'move', files: { 'live/eu/main.tf': null }, message: 'Leave' });
  const pull = await propose(scene, { branch: 'move', title: 'Move', files: { 'live/west/main.tf': thing(2) } });
  await seeComment(
    scene,
    pull,
    '**live-west**',
    'With this pull request `live-eu` leaves Zenfra.',
    'If `live-west` is one of them in another place, give it `renamed_from`',
  );
  await settle(scene);
  assert.deepEqual(await runsOf(headOf(scene, pull)), ['live-west']);
});

test('a directory that is deleted is not planned, and one of which nothing exists goes without a word', async () => {
  await push(scene, {
    branch: 'less',
    files: { 'live/us/main.tf': null, 'live/us/versions.tf': null },
    message: 'Less',
  });
  const pull = await propose(scene, { branch: 'less', title: 'Less', files: { 'live/hidden/main.tf': thing(3) } });
  // The engine would not see it in the archive, and would take what exists for superfluous.
  const comment = await seeComment(scene, pull, 'The directory live/hidden holds no configuration');
  await settle(scene);
  assert.deepEqual(await runsOf(headOf(scene, pull)), ['live-hidden']);
  assert.doesNotMatch(comment.body, /leaves Zenfra/);
});

test('of a fork, which is not read, the stacks count that its files are of', async () => {
  const fork = await scene.sandbox.forkRepository(scene.repository, 'stranger');
  const files = { 'live/hidden/main.tf': thing(4) };
  const sha = await scene.sandbox.commit(fork, { branch: 'theirs', files, message: 'x', author: 'stranger' });
  const pull = { title: 'x', head: 'theirs', base: 'main', author: 'stranger', headRepository: fork };
  const number = await scene.sandbox.openPullRequest(scene.repository, pull);
  await seeCheck(scene, sha, { name: 'zenfra', is: 'action_required', title: 'Fork: not planned' });
  const row = scene.db.selectFrom('pull_requests').select('affected').where('number', '=', number);
  const { affected } = await row.executeTakeFirstOrThrow();
  assert.deepEqual(
    affected?.map(({ name }) => name),
    ['live-hidden'],
  );
});

test('that a stack leaves is said also where nothing is planned', async () => {
  const sha = await push(scene, { branch: 'end', files: { 'live/eu/main.tf': null }, message: 'End' });
  const pull = await propose(scene, { branch: 'end', title: 'End', files: { 'README.md': 'x' } });
  await seeComment(scene, pull, '### Zenfra · no stacks affected', 'With this pull request `live-eu` leaves Zenfra.');
  assert.deepEqual(await runsOf(sha), []);
});

test('globs that find nothing are told', async () => {
  const files = { 'zenfra.yml': 'discover:\n  paths: ["infra/*/main.tf"]\n' };
  const pull = await propose(scene, { branch: 'globs', title: 'Globs', files });
  const check = await seeCheck(scene, headOf(scene, pull), { name: 'zenfra', is: 'success', title: /./ });
  assert.match(
    check.output.summary ?? '',
    /discover: no root module of committed \.tf or \.tofu files is in the directories that its paths take/,
  );
});

for (const [name, files, stacks] of [
  ['modules-for-others', { 'versions.tf': 'terraform {\n  required_version = ">= 1.0"\n}\nvariable "a" {}\n' }, []],
  ['one-root', { 'main.tf': thing(1) }, ['one-root']],
  ['misnamed', { 'main.tf': thing(1), 'zenfra.yaml': 'discover: { paths: ["live/**"] }\n' }, []],
] satisfies [string, Record<string, string>, string[]][]) {
  test(`a repository without a zenfra.yml, ${name}: its root is a stack if there is something to plan`, async () => {
    const repository = await makeRepository(scene, name, { files });
    const change = { branch: 'main', files: { 'README.md': 'x' }, message: 'Say', author: writer };
    await scene.sandbox.commit(repository, change);
    await settle(scene);
    const rows = await scene.db
      .selectFrom('stacks')
      .select('name')
      .where('repository_id', '=', repository.id)
      .execute();
    assert.deepEqual(
      rows.map((row) => row.name),
      stacks,
    );
  });
}

test('a stack that left while something of it exists comes back by a merge alone, a pull request does not get its state', async () => {
  await push(scene, { branch: 'main', files: { 'live/eu/main.tf': null }, message: 'Give it up' });
  await settle(scene);
  const pull = await propose(scene, { branch: 'back', title: 'Back', files: { 'live/eu/main.tf': thing(9) } });
  await seeComment(
    scene,
    pull,
    '`live-eu` left zenfra.yml while resources of it exist',
    'is planned when this is merged',
  );
  await settle(scene);
  assert.deepEqual(await runsOf(headOf(scene, pull)), []);
  const stack = scene.db.selectFrom('stacks').selectAll().where('name', '=', 'live-eu');
  const { removed_at: removed, pull_request_number: number } = await stack.executeTakeFirstOrThrow();
  assert.ok(removed !== null && number === null, 'and its row is what it was');
});
