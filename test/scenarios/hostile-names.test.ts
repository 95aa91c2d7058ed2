import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { marked } from 'marked';
import type { Run } from '../../src/db/runs.ts';
import { botComments } from '../../src/sandbox/story/see.ts';
import { openScene, settle } from '../support/scene.ts';
import { makeRepository, module, runsOf, settledRuns } from '../support/small-repository.ts';

const scene = await openScene({ after });
const { sandbox } = scene;

/** Names of branches, each with that of a file that is added there. */
const names: [branch: string, file: string | Buffer][] = [
  [`a;touch\${IFS}x`, 'line\nbreak.txt'],
  ['$(id)', '\u001b[31mred\u001b]0;title\u0007.txt'],
  ['`id`', '<img src=x onerror=alert(1)>.txt'],
  ['--upload-pack=id', '--help'],
  ['"><img/src=x>', '`tick`|pipe\\.txt'],
  ["';alert(1);'", '$(id);id&&id'],
  ['|id&', 'n'.repeat(250)],
  ['photo\u202egnp.exe', '\u202etxt.exe'],
  ['m\u0430in', `${'deep/'.repeat(700)}end.txt`],
  ['@acme/team', Buffer.from([...Buffer.from('not UTF-8 '), 0xff, 0xfe, 0x80])],
  ['#1', "';drop table runs;--"],
];
const title = '<script>alert(1)</script> @acme/team fixes #1 ![x](http://evil.example/x.png) \u202eevil | `x` </td>';

const repository = await makeRepository(scene, 'names');
const pulls = new Map<string, { number: number; sha: string }>();
let files: string[];

before(async () => {
  files = await readdir(process.cwd());
  for (const [branch, file] of names) pulls.set(branch, await openPullWith(branch, file));
  await settledRuns(scene, repository, pulls.size);
  await settle(scene);
});

/** A pull request that changes the network stack and adds this file to it. */
async function openPullWith(branch: string, file: string | Buffer): Promise<{ number: number; sha: string }> {
  const path = Buffer.concat([Buffer.from('network/'), Buffer.from(file)]);
  const files = [
    ['network/main.tf', module(names.findIndex(([name]) => name === branch) + 2)] as const,
    [path, 'x'] as const,
  ];
  const sha = await sandbox.commit(repository, { branch, files, message: title, author: 'kim' });
  const number = await sandbox.openPullRequest(repository, { title, head: branch, base: 'main', author: 'kim' });
  return { number, sha };
}

const runOf = async (sha: string): Promise<Run> => {
  const run = (await runsOf(scene, repository)).find((one) => one.commit_sha === sha);
  assert.ok(run);
  return run;
};

for (const [branch, file] of names) {
  const shown = [branch, file].map((name) => JSON.stringify(name.toString()).slice(0, 60)).join(' and the file ');
  test(`the branch ${shown} mean nothing anywhere`, async () => {
    const { number, sha } = pulls.get(branch) ?? { number: 0, sha: '' };
    const run = await runOf(sha);
    assert.deepEqual([run.status, run.branch, run.add_count], ['finished', branch, 1]);
    const comments = botComments({ ...scene, repository }, number).map(({ body }) => body);
    assert.equal(comments.length, 1);
    assert.match(comments[0] ?? '', /1 to add/);
    await assertInert(comments[0] ?? '');
    for (const { output, conclusion } of sandbox.checks(repository, sha)) {
      assert.equal(conclusion, 'success', output.title ?? '');
      for (const text of [output.summary, output.text]) await assertInert(text ?? '');
      assert.doesNotMatch(output.title ?? '', /[\u202a-\u202e\u2066-\u2069]/);
    }
  });
}

/** As GitHub would render it: nothing of others is an element, a link, a mention or an image. */
async function assertInert(markdown: string): Promise<void> {
  const html = await marked.parse(markdown);
  const outsideCode = html.replace(/<code>.*?<\/code>/gs, '').replace(/<pre>.*?<\/pre>/gs, '');
  assert.doesNotMatch(outsideCode, /<(img|script|iframe|svg)|evil\.example|@acme\/team|fixes/, markdown);
  assert.doesNotMatch(markdown, /[\u202a-\u202e\u2066-\u2069]/);
}

test('the pages show the names as text, and cannot be broken out of', async () => {
  const addresses = ['/'];
  for (const { number, sha } of pulls.values())
    addresses.push(`/runs/${(await runOf(sha)).id}`, `/pr/acme/names/${number}`);
  const { stack_id: stackId } = await runOf([...pulls.values()][0]?.sha ?? '');
  addresses.push(`/stacks/${stackId}`);
  for (const address of addresses) {
    const answer = await fetch(scene.url + address);
    const html = await answer.text();
    assert.equal(answer.status, 200, address);
    for (const raw of ['<img', '<script>alert', '\u0007', '\u001b', '\u202e'])
      assert.ok(!html.includes(raw), `${JSON.stringify(raw)} is on ${address}`);
  }
});

test('the run page shows the branch to the letter', async () => {
  for (const [branch, shown] of [
    [`a;touch\${IFS}x`, `a;touch\${IFS}x`],
    ['"><img/src=x>', '&quot;&gt;&lt;img/src=x&gt;'],
    ['--upload-pack=id', '--upload-pack=id'],
  ] as const) {
    const run = await runOf(pulls.get(branch)?.sha ?? '');
    const html = await (await fetch(`${scene.url}/runs/${run.id}`)).text();
    assert.ok(html.includes(shown), shown);
  }
});

test('no name was run: nothing was made where Zenfra works', async () => {
  assert.deepEqual(await readdir(process.cwd()), files);
});

test('a push to a branch that looks like main is no push to main', async () => {
  const files = { 'network/main.tf': module('look-alike') };
  await sandbox.commit(repository, { branch: 'm\u0430in', files, message: 'x', author: 'kim' });
  await settle(scene);
  const runs = await runsOf(scene, repository);
  assert.deepEqual(
    runs.filter((run) => run.type !== 'plan_only'),
    [],
  );
});

const unusable = {
  'yml-tag': ['stacks:\n  a: !!js/function "x"\n', 'zenfra.yml:2'],
  'yml-twice': ['stacks:\n  a:\n    path: network\n  a:\n    path: dns\n', 'zenfra.yml:4'],
  'yml-outside': ['stacks:\n  a:\n    path: ../../etc\n', 'zenfra.yml:3'],
  'yml-unknown': ['stacks:\n  a:\n    paht: network\n', 'path'],
  'yml-hostile': ['stacks:\n  "<img src=x> @acme/team":\n    path: network\n', 'zenfra.yml:2'],
  'yml-bomb': [`a: &a [x]\n${Array.from({ length: 30 }, (_, n) => `b${n}: &b${n} [*a, *a]\n`).join('')}`, 'zenfra.yml'],
  'yml-huge': ['#'.repeat(1_100_000), 'zenfra.yml has 1100000 bytes, which is not read.'],
  'yml-directory': [null, 'zenfra.yml is a directory, which is not read. Commit it as a plain file'],
  'yml-long': [`#${'x'.repeat(300_000)}`, 'zenfra.yml has 300001 characters; at most 262144 are read.'],
  'yml-nested': [`stacks: ${'['.repeat(100_000)}`, 'This is nested more deeply than any zenfra.yml needs.'],
  'yml-globs': [
    'stacks:\n  a:\n    path: network\n    triggers: { on_push: { paths: ["**/{a,b}{c,d}*a*a*a"] } }\n',
    'zenfra.yml:4',
  ],
  'yml-bytes': [Buffer.from([0xff, 0xfe, 0x00, 0x80]), 'zenfra.yml'],
} as const;

test('a zenfra.yml that cannot be read is told with its place, and nothing is planned', async () => {
  const before = (await runsOf(scene, repository)).length;
  const opened = [];
  for (const [branch, [yaml, says]] of Object.entries(unusable)) {
    const sha = await sandbox.commit(repository, {
      branch,
      files: yaml === null ? { 'zenfra.yml': null, 'zenfra.yml/a.yml': 'x' } : { 'zenfra.yml': yaml },
      message: 'x',
      author: 'kim',
    });
    const pull = { title: 'x', head: branch, base: 'main', author: 'kim' };
    opened.push({ branch, says, sha, number: await sandbox.openPullRequest(repository, pull) });
  }
  await settle(scene);
  for (const { branch, says, sha, number } of opened) {
    const [comment] = botComments({ ...scene, repository }, number);
    assert.ok(comment?.body.includes(says), `${branch}: ${comment?.body}`);
    await assertInert(comment?.body ?? '');
    const check = sandbox.checks(repository, sha).find(({ name }) => name === 'zenfra');
    assert.equal(check?.conclusion, 'failure', branch);
  }
  assert.equal((await runsOf(scene, repository)).length, before);
});

test('rights that a pull request gives itself in its own zenfra.yml have no effect, and the comment says so', async () => {
  const yaml = 'stacks:\n  network:\n    path: network\n    branch: mine\n  dns:\n    path: dns\n';
  const files = { 'zenfra.yml': yaml, 'network/main.tf': module('mine') };
  await sandbox.commit(repository, { branch: 'mine', files, message: 'Track my branch', author: 'kim' });
  const number = await sandbox.openPullRequest(repository, { title: 'x', head: 'mine', base: 'main', author: 'kim' });
  await settle(scene);
  const [comment] = botComments({ ...scene, repository }, number);
  assert.ok(comment?.body.includes('`network` tracks another branch only after this is merged.'), comment?.body);
  await sandbox.commit(repository, {
    branch: 'mine',
    files: { 'network/main.tf': module('again') },
    message: 'x',
    author: 'kim',
  });
  await settle(scene);
  const runs = await runsOf(scene, repository);
  assert.deepEqual(
    runs.filter((run) => run.type !== 'plan_only'),
    [],
  );
});
