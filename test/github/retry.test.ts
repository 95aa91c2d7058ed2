import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createComment } from '../../src/github/comments.ts';
import { findBranchHead } from '../../src/github/contents.ts';
import { findPullRequestNow } from '../../src/github/pull-requests.ts';
import { answering, infra } from './answers.ts';

const branch = { name: 'main', commit: { sha: 'a'.repeat(40), commit: { message: 'Add a subnet' }, parents: [] } };

test('what GitHub could not answer is asked again', async (t) => {
  let tries = 0;
  const { github, asked } = await answering(t, () => {
    tries += 1;
    return tries === 1 ? { status: 502 } : { status: 200, body: branch };
  });
  assert.equal((await findBranchHead(github, infra, 'main'))?.title, 'Add a subnet');
  assert.equal(asked.length, 2);
});

test('what GitHub has refused is not asked again', async (t) => {
  const { github, asked } = await answering(t, () => ({ status: 422, body: { message: 'Validation Failed' } }));
  await assert.rejects(findPullRequestNow(github, infra, 7), /Validation Failed/);
  assert.equal(asked.length, 1);
});

test('a comment is not sent again by itself: the first may have arrived', async (t) => {
  const { github, asked } = await answering(t, () => ({ status: 502, body: { message: 'Bad Gateway' } }));
  await assert.rejects(createComment(github, infra, { number: 7, body: 'a plan' }), /Bad Gateway/);
  assert.deepEqual(asked, ['POST /repos/acme/infra/issues/7/comments']);
});
