import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { mergeInIndex, mergeTrees } from '../../src/sandbox/git/merge.ts';
import { createGitDirectory } from '../../src/sandbox/git/repository.ts';
import type { GitDirectory } from '../../src/sandbox/git/run.ts';
import { type FileChanges, writeCommit } from '../../src/sandbox/git/write-commit.ts';

let directory: string;
let git: GitDirectory;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'zenfra-sandbox-'));
  git = await createGitDirectory(join(directory, 'a.git'), directory, 'main');
});
after(async () => {
  git.objects.close();
  await rm(directory, { recursive: true, force: true });
});

function commit(branch: string, files: FileChanges, parent?: string): Promise<string> {
  const author = { name: 'kim', email: 'kim@example.com', date: '2026-01-02T03:04:05Z' };
  return writeCommit(git, {
    ref: `refs/heads/${branch}`,
    files,
    message: branch,
    author,
    ...(parent ? { parent } : {}),
  });
}

const lines = (first: string, last: string) => [first, 'b', 'c', 'd', 'e', 'f', 'g', last, ''].join('\n');

test('with an old git a merge gives the same tree', async () => {
  const root = await commit('main', { both: lines('a', 'h'), gone: 'x', 'sub/kept': 'y' });
  const ours = await commit('ours', { both: lines('A', 'h'), 'sub/new': '1' }, root);
  const theirs = await commit('theirs', { both: lines('a', 'H'), gone: null, added: '2' }, root);
  const tree = await mergeInIndex(git, ours, theirs);
  assert.equal(tree, await mergeTrees(git, ours, theirs));
  assert.equal((await git.objects.read(`${tree}:both`))?.body.toString(), lines('A', 'H'));
});

test('with an old git, too, a conflict is one', async () => {
  const root = await commit('start', { file: 'a\n' });
  const ours = await commit('left', { file: 'b\n' }, root);
  const theirs = await commit('right', { file: 'c\n' }, root);
  assert.deepEqual(
    [await mergeInIndex(git, ours, theirs), await mergeTrees(git, ours, theirs)],
    [undefined, undefined],
  );
});
