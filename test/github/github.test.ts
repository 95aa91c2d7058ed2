import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PutOff } from '../../src/github/budget.ts';
import { createComment, react } from '../../src/github/comments.ts';
import { listCommitsBetween, listPathsBetween } from '../../src/github/contents.ts';
import { readPermission } from '../../src/github/people.ts';
import { findPullRequestNow, listChangedPaths, type PullRequestNow } from '../../src/github/pull-requests.ts';
import { type Answer, answering, infra } from './answers.ts';

const limited = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
const inMinutes = (minutes: number) => Math.floor(Date.now() / 1000) + minutes * 60;

for (const [title, answer, seconds] of [
  ['a time to wait', { status: 403, body: { message: limited }, headers: { 'retry-after': '90' } }, 90],
  ['too many requests and a time', { status: 429, headers: { 'retry-after': '30' } }, 30],
  [
    'a quota that is used up',
    { status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(inMinutes(10)) } },
    600,
  ],
  [
    'a quota that is used up, by a clock that is behind ours',
    {
      status: 403,
      headers: {
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': String(inMinutes(-10)),
        date: new Date(inMinutes(-20) * 1000).toUTCString(),
      },
    },
    600,
  ],
  ['a secondary limit without a time', { status: 403, body: { message: limited } }, 60],
] satisfies [string, Answer, number][]) {
  test(`${title}: the work is put off until then, and nothing more is sent before`, async (t) => {
    const { github, asked } = await answering(t, () => answer);
    const comment = { number: 42, body: 'x' };
    const about = (error: unknown) => {
      assert.ok(error instanceof PutOff, String(error));
      const wait = (error.retryAt.getTime() - Date.now()) / 1000;
      assert.ok(wait > seconds - 15 && wait <= seconds + 1, `${wait} s`);
      return true;
    };
    await assert.rejects(createComment(github, infra, comment), about);
    await assert.rejects(createComment(github, infra, comment), about);
    await assert.rejects(react(github, infra, { commentId: 1, content: 'eyes' }), about);
    assert.deepEqual(asked, ['POST /repos/acme/infra/issues/42/comments']);
  });
}

test('a refusal that is no limit is an error and not a wait', async (t) => {
  const { github } = await answering(t, () => ({
    status: 403,
    body: { message: 'Resource not accessible by integration' },
  }));
  await assert.rejects(createComment(github, infra, { number: 42, body: 'x' }), /not accessible/);
});

test('what makes something is sent once, even if GitHub answers 502: it may have been made', async (t) => {
  const { github, asked } = await answering(t, () => ({ status: 502 }));
  await assert.rejects(createComment(github, infra, { number: 42, body: 'x' }));
  assert.equal(asked.length, 1);
});

test('a pull request whose head repository is gone counts as a fork', async (t) => {
  const pull = {
    number: 42,
    title: 'x',
    user: null,
    head: { sha: 'a'.repeat(40), ref: 'x', repo: null },
    base: { sha: 'b'.repeat(40), ref: 'main', repo: { id: 7 } },
    state: 'open',
    merged: false,
    draft: false,
    locked: false,
    changed_files: 1,
  };
  const { github } = await answering(t, () => ({ status: 200, body: pull }));
  const found = await findPullRequestNow(github, infra, 42);
  assert.deepEqual([found?.fork, found?.author, found?.state], [true, 'ghost', 'open']);
});

for (const [title, answer, permission] of [
  ['somebody GitHub does not know', { status: 404 }, 'none'],
  ['a level that is not known here', { status: 200, body: { permission: 'owner' } }, 'none'],
  ['a level that is no text', { status: 200, body: { permission: { admin: true } } }, 'none'],
  [
    'maintain, which GitHub reports as write',
    { status: 200, body: { permission: 'write', role_name: 'maintain' } },
    'write',
  ],
  ['triage, which GitHub reports as read', { status: 200, body: { permission: 'read', role_name: 'triage' } }, 'read'],
] satisfies [string, Answer, string][]) {
  test(`the permission of ${title} is ${permission}`, async (t) => {
    const { github } = await answering(t, () => answer);
    assert.equal(await readPermission(github, infra, 'kim'), permission);
  });
}

test('a login cannot lead the question elsewhere', async (t) => {
  const { github, asked } = await answering(t, () => ({ status: 404 }));
  assert.equal(await readPermission(github, infra, '../../../user?x=#'), 'none');
  assert.deepEqual(asked, ['GET /repos/acme/infra/collaborators/..%2F..%2F..%2Fuser%3Fx%3D%23/permission']);
});

test('a permission that cannot be read is an error and never a permission', async (t) => {
  const { github } = await answering(t, () => ({ status: 422, body: { message: 'Unprocessable' } }));
  await assert.rejects(readPermission(github, infra, 'kim'), /Unprocessable/);
});

test('where GitHub does not list all files, the two trees are compared', async (t) => {
  const file = (path: string, sha: string) => ({ path, sha, mode: '100644', type: 'blob' });
  const trees: Record<string, object[]> = {
    before: [file('same', '1'), file('changed', '1'), file('removed', '1')],
    after: [file('same', '1'), file('changed', '2'), file('added', '1'), { path: 'dir', type: 'tree' }],
  };
  const { github } = await answering(t, ({ url = '' }) => {
    if (url.includes('/compare/'))
      return {
        status: 200,
        body: { behind_by: 0, files: Array.from({ length: 300 }, (_, n) => ({ filename: `${n}` })) },
      };
    return { status: 200, body: { truncated: false, tree: trees[/trees\/(\w+)/.exec(url)?.[1] ?? ''] } };
  });
  const paths = await listPathsBetween(github, infra, { before: 'before', after: 'after' });
  assert.deepEqual(paths?.toSorted(), ['added', 'changed', 'removed']);
});

test('where not even a tree is whole, everything counts as touched', async (t) => {
  const { github } = await answering(t, ({ url = '' }) =>
    url.includes('/compare/') ? { status: 404 } : { status: 200, body: { truncated: true, tree: [] } },
  );
  assert.equal(await listPathsBetween(github, infra, { before: 'before', after: 'after' }), null);
});

const uncompared = {
  status: 500,
  body: {
    message: 'Server Error: Sorry, this diff is taking too long to generate.',
    errors: [{ resource: 'Comparison', field: 'diff', code: 'not_available' }],
  },
};

test('where GitHub gives up comparing two commits, their trees are compared', async (t) => {
  const blob = (sha: string) => ({ path: 'main.tf', sha, mode: '100644', type: 'blob' });
  const { github, asked } = await answering(t, ({ url = '' }) =>
    url.includes('/compare/')
      ? uncompared
      : { status: 200, body: { truncated: false, tree: [blob(url.includes('before') ? '1' : '2')] } },
  );
  assert.deepEqual(await listPathsBetween(github, infra, { before: 'before', after: 'after' }), ['main.tf']);
  assert.equal(asked.length, 3, 'it is not asked again');
});

test('where GitHub gives up comparing a pull request with its base, everything counts as touched; not where it is not found', async (t) => {
  const { github } = await answering(t, () => uncompared);
  const pull = { number: 42, changedFiles: 2_000 } as PullRequestNow;
  assert.equal(await listChangedPaths(github, infra, pull), null);
  const gone = await answering(t, () => ({ status: 404 }));
  await assert.rejects(listChangedPaths(gone.github, infra, pull), { status: 404 });
});

test('of very many commits the newest are read, in which the newest merges are', async (t) => {
  const { github } = await answering(t, ({ url = '' }) => {
    const page = Number(new URL(url, 'http://x').searchParams.get('page'));
    const commits = Array.from({ length: page === 8 ? 20 : 100 }, (_, n) => ({ sha: `${(page - 1) * 100 + n}` }));
    return { status: 200, body: { total_commits: 720, commits } };
  });
  const commits = await listCommitsBetween(github, infra, { before: 'before', after: 'after' });
  assert.deepEqual([commits?.length, commits?.at(-1)], [520, '719']);
});
