import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headOf, propose } from '../../src/sandbox/story/act.ts';
import { botComments, seeCheck, seeComment } from '../../src/sandbox/story/see.ts';
import { openScene, settle, stacksOf, thing } from '../support/scene.ts';

test('twelve stacks are one comment, thirteen checks and one download; the aggregate check shows the progress', async (t) => {
  const names = Array.from({ length: 12 }, (_, index) => `stack-${String(index + 1).padStart(2, '0')}`);
  const scene = await openScene(t, { files: stacksOf(...names) });
  const files = Object.fromEntries(names.map((name) => [`${name}/main.tf`, thing(2)]));
  const pull = await propose(scene, { branch: 'all', title: 'Change everything', files });
  const sha = headOf(scene, pull);
  await seeCheck(scene, sha, { name: 'zenfra', is: 'success', title: '12 stacks: 12 with changes' });
  await seeComment(
    scene,
    pull,
    '### Zenfra · 12 stacks · 12 with changes',
    '`/approve`; only some: `/approve stack-01 stack-02`',
  );
  await settle(scene);

  assert.equal(botComments(scene, pull).length, 1);
  const checks = scene.sandbox.checks(scene.repository, sha);
  assert.equal(checks.length, 13);
  assert.ok(checks.every(({ status }) => status === 'completed'));
  const { calls } = scene.sandbox;
  assert.equal(calls.filter(({ path }) => path.includes('/tarball/')).length, 1);
  const titles = calls
    .map(({ body }) => body as { name?: string; output?: { title: string } } | undefined)
    .filter((body) => body?.name === 'zenfra')
    .map((body) => body?.output?.title ?? '');
  assert.equal(titles[0], '0 of 12 planned');
  assert.ok(titles.filter((title) => / of 12 planned$/.test(title)).length > 1, titles.join());
  const own = calls.filter(({ method, path }) => method === 'POST' && path.endsWith('/check-runs'));
  const begun = own.map(({ body }) => body as { name: string; status: string }).filter(({ name }) => name !== 'zenfra');
  assert.ok(begun.every(({ status }) => status === 'completed'));
});
