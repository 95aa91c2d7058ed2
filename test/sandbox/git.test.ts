import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { list, type ReadEntry } from 'tar';
import { createInfra, named, type Opened, openChange, openSandbox } from './open.ts';

let opened: Opened;
before(async () => {
  opened = await openSandbox();
});
after(() => opened.close());

test('the files of a pull request are those since it left its base, not what the base got since', async () => {
  const { sandbox } = opened;
  const repo = await createInfra(sandbox, { owner: 'parted' });
  const pull_number = await openChange(sandbox, repo);
  await sandbox.commit(repo, {
    branch: 'main',
    files: { 'dns/main.tf': 'ttl = 90\n' },
    message: 'Slower',
    author: 'kim',
  });
  const client = await opened.clientFor(repo);
  const { data } = await client.rest.pulls.listFiles({ ...named(repo), pull_number });
  assert.deepEqual(
    data.map((file) => [file.filename, file.status, file.patch]),
    [['network/main.tf', 'modified', '@@ -1 +1 @@\n-count = 1\n+count = 2']],
  );
  const compared = await client.rest.repos.compareCommitsWithBasehead({ ...named(repo), basehead: 'main...bigger' });
  assert.deepEqual([compared.data.status, compared.data.ahead_by, compared.data.behind_by], ['diverged', 1, 1]);
  assert.deepEqual(
    compared.data.files?.map((file) => file.filename),
    ['network/main.tf'],
  );
});

test('a merge keeps what is newer on the base', async () => {
  const { sandbox } = opened;
  const repo = await createInfra(sandbox, { owner: 'merged' });
  const number = await openChange(sandbox, repo);
  await sandbox.commit(repo, {
    branch: 'main',
    files: { 'dns/main.tf': 'ttl = 90\n' },
    message: 'Slower',
    author: 'kim',
  });
  const sha = await sandbox.mergePullRequest(repo, number, 'kim');
  assert.equal(await sandbox.readFile(repo, 'main', 'dns/main.tf'), 'ttl = 90\n');
  assert.equal(await sandbox.readFile(repo, 'main', 'network/main.tf'), 'count = 2\n');
  const { stdout } = await promisify(execFile)('git', [
    '--git-dir',
    repo.gitDirectory,
    'log',
    '-1',
    '--format=%H %s',
    'main',
  ]);
  assert.equal(stdout, `${sha} Merge pull request #1 from merged/bigger\n`);
  await promisify(execFile)('git', ['--git-dir', repo.gitDirectory, 'fsck', '--strict']);
});

test('a conflict cannot be merged, and the API says so before', async () => {
  const { sandbox } = opened;
  const repo = await createInfra(sandbox, { owner: 'conflict' });
  const pull_number = await openChange(sandbox, repo);
  await sandbox.commit(repo, {
    branch: 'main',
    files: { 'network/main.tf': 'count = 9\n' },
    message: 'Nine',
    author: 'kim',
  });
  const client = await opened.clientFor(repo);
  assert.equal((await client.rest.pulls.get({ ...named(repo), pull_number })).data.mergeable, false);
  await assert.rejects(sandbox.mergePullRequest(repo, pull_number, 'kim'), /#1 is in conflict with main/);
});

test('the pull request of a merge commit and of its head is found', async () => {
  const { sandbox } = opened;
  const repo = await createInfra(sandbox, { owner: 'found' });
  const number = await openChange(sandbox, repo);
  const head = await sandbox.head(repo, 'bigger');
  const merge = await sandbox.mergePullRequest(repo, number, 'kim');
  const direct = await sandbox.commit(repo, { branch: 'main', files: { x: '1' }, message: 'Direct', author: 'kim' });
  const client = await opened.clientFor(repo);
  const pullsOf = async (commit_sha: string) => {
    const { data } = await client.rest.repos.listPullRequestsAssociatedWithCommit({ ...named(repo), commit_sha });
    return data.map((pull) => pull.number);
  };
  assert.deepEqual([await pullsOf(merge), await pullsOf(head), await pullsOf(direct)], [[1], [1], []]);
});

test('a renamed file is told with its old name', async () => {
  const { sandbox } = opened;
  const repo = await createInfra(sandbox, { owner: 'renamed' });
  const files = { 'dns/main.tf': null, 'names/main.tf': 'ttl = 60\n' };
  const ref = await sandbox.commit(repo, { branch: 'main', files, message: 'Rename', author: 'kim' });
  const client = await opened.clientFor(repo);
  const [file] = (await client.rest.repos.getCommit({ ...named(repo), ref })).data.files ?? [];
  assert.deepEqual(
    [file?.status, file?.previous_filename, file?.filename],
    ['renamed', 'dns/main.tf', 'names/main.tf'],
  );
});

test('an archive is a redirection to a tar.gz with one directory at its top', async () => {
  const repo = await createInfra(opened.sandbox, { owner: 'packed' });
  const client = await opened.clientFor(repo);
  const ref = await opened.sandbox.head(repo, 'main');
  const { data, url } = await client.rest.repos.downloadTarballArchive({ ...named(repo), ref });
  assert.match(url, /\/_codeload\/packed\/infra\/legacy\.tar\.gz\/[0-9a-f]{40}\?token=/);
  const names: string[] = [];
  const onReadEntry = (entry: ReadEntry) => names.push(entry.path);
  await new Promise<void>((resolve) =>
    list({ onReadEntry })
      .on('end', resolve)
      .end(Buffer.from(data as ArrayBuffer)),
  );
  const top = `packed-infra-${ref.slice(0, 7)}`;
  assert.deepEqual(
    names.filter((name) => !name.endsWith('/')),
    [`${top}/README.md`, `${top}/dns/main.tf`, `${top}/network/main.tf`],
  );
  const stolen = await fetch(url.replace(/token=.*/, 'token=guessed'));
  assert.equal(stolen.status, 404);
});

test('contents come as base64, raw and as listing', async () => {
  const repo = await createInfra(opened.sandbox, { owner: 'read' });
  const client = await opened.clientFor(repo);
  const file = { ...named(repo), path: 'dns/main.tf' };
  const { data } = await client.rest.repos.getContent(file);
  assert.ok(!Array.isArray(data) && data.type === 'file');
  assert.equal(Buffer.from(data.content, 'base64').toString(), 'ttl = 60\n');
  const raw = await client.rest.repos.getContent({ ...file, mediaType: { format: 'raw' } });
  assert.equal(String(raw.data), 'ttl = 60\n');
  const top = await client.rest.repos.getContent({ ...named(repo), path: '' });
  assert.deepEqual(Array.isArray(top.data) && top.data.map((entry) => entry.name), ['README.md', 'dns', 'network']);
  const tree = await client.rest.git.getTree({ ...named(repo), tree_sha: 'main', recursive: '1' });
  assert.deepEqual(
    tree.data.tree.map((entry) => entry.path),
    ['README.md', 'dns', 'dns/main.tf', 'network', 'network/main.tf'],
  );
  await assert.rejects(client.rest.repos.getContent({ ...file, path: 'none.tf' }), { status: 404 });
});

for (const branch of [`a;touch$${'{IFS}x'}`, '"><img/src=x>', '--upload-pack=id', 'with/slash', 'ünï-%41']) {
  test(`a branch may be called ${branch}`, async () => {
    const { sandbox } = opened;
    const repo = await createInfra(sandbox, { owner: 'odd', name: `b${branch.length}` });
    const sha = await sandbox.commit(repo, {
      branch,
      files: { 'network/main.tf': 'count = 3\n' },
      message: 'Odd',
      author: 'kim',
    });
    const pull_number = await sandbox.openPullRequest(repo, {
      title: 'Odd',
      head: branch,
      base: 'main',
      author: 'kim',
    });
    const client = await opened.clientFor(repo);
    assert.equal((await client.rest.repos.getBranch({ ...named(repo), branch })).data.commit.sha, sha);
    assert.equal((await client.rest.pulls.get({ ...named(repo), pull_number })).data.head.ref, branch);
    assert.equal((await client.rest.git.getRef({ ...named(repo), ref: `heads/${branch}` })).data.object.sha, sha);
  });
}

test('a file may be called anything that git can keep', async () => {
  const { sandbox } = opened;
  const repo = await createInfra(sandbox, { owner: 'names' });
  const names = ['a\nb.tf', '"><img src=x>.tf', '--help', ' spaced ', 'diff --git a', 'tab\there', 'ü.tf'];
  const files = [
    ...names.map((name) => [name, 'x = 1\n'] as const),
    [Buffer.from([0x62, 0xff, 0x64]), 'y = 1\n'] as const,
  ];
  const ref = await sandbox.commit(repo, { branch: 'main', files, message: 'Names', author: 'kim' });
  const client = await opened.clientFor(repo);
  const { data } = await client.rest.repos.getCommit({ ...named(repo), ref });
  assert.deepEqual(data.files?.map((file) => file.filename).toSorted(), [...names, 'b\ufffdd'].toSorted());
  assert.ok(data.files?.every((file) => file.patch?.startsWith('@@ -0,0 +1 @@\n+')));
  const found = await client.rest.repos.getContent({ ...named(repo), path: 'a\nb.tf' });
  assert.ok(!Array.isArray(found.data) && found.data.name === 'a\nb.tf');
});

test('a fork can be pulled from, and its head is in the base repository', async () => {
  const { sandbox } = opened;
  const repo = await createInfra(sandbox, { owner: 'origin' });
  const fork = await sandbox.forkRepository(repo, 'sam');
  const sha = await sandbox.commit(fork, {
    branch: 'mine',
    files: { 'network/main.tf': 'count = 5\n' },
    message: 'Five',
    author: 'sam',
  });
  const pull_number = await sandbox.openPullRequest(repo, {
    title: 'Five',
    head: 'mine',
    base: 'main',
    author: 'sam',
    headRepository: fork,
  });
  const client = await opened.clientFor(repo);
  const { data } = await client.rest.pulls.get({ ...named(repo), pull_number });
  assert.deepEqual([data.head.repo?.fork, data.head.label, data.head.sha], [true, 'sam:mine', sha]);
  const file = await client.rest.repos.getContent({ ...named(repo), path: 'network/main.tf', ref: sha });
  assert.equal(!Array.isArray(file.data) && file.data.type, 'file');
});

test('long lists come in pages with links', async () => {
  const { sandbox } = opened;
  const repo = await createInfra(sandbox, { owner: 'long' });
  const files = Object.fromEntries(Array.from({ length: 130 }, (_, index) => [`many/${index}.tf`, `x = ${index}\n`]));
  await sandbox.commit(repo, { branch: 'many', files, message: 'Many', author: 'kim' });
  const pull_number = await sandbox.openPullRequest(repo, { title: 'Many', head: 'many', base: 'main', author: 'kim' });
  const client = await opened.clientFor(repo);
  const first = await client.rest.pulls.listFiles({ ...named(repo), pull_number, per_page: 1000 });
  assert.equal(first.data.length, 100);
  assert.match(first.headers.link ?? '', /page=2>; rel="next"/);
  assert.equal((await client.paginate(client.rest.pulls.listFiles, { ...named(repo), pull_number })).length, 130);
});
