import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findPullRequestNow } from '../../src/github/pull-requests.ts';
import { answering, infra } from './answers.ts';

const pull = {
  ...{ number: 1, title: 'x', state: 'open', merged: false, changed_files: 1, updated_at: '2026-01-01T00:00:00Z' },
  ...{ head: { sha: 'a', ref: 'x', repo: { id: 1 } }, base: { sha: 'b', ref: 'main', repo: { id: 1 } } },
};

test('a token that GitHub does not take any more is asked for anew, though by our clock it holds', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  let taken = true;
  const { github, asked, tokens } = await answering(t, () =>
    taken ? { status: 200, body: pull } : { status: 401, body: { message: 'Bad credentials' } },
  );
  await findPullRequestNow(github, infra, 1);
  t.mock.timers.tick(60_000);
  taken = false;
  tokens.onMade = () => {
    taken = true;
  };
  assert.equal((await findPullRequestNow(github, infra, 1))?.title, 'x');
  assert.equal(asked.length, 3);
});
