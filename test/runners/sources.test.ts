import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { diskFailure, saysFull } from '../../src/execution/disk-full.ts';
import { Sources } from '../../src/runners/sources.ts';
import { openScene } from '../support/scene.ts';
import { makeRepository } from '../support/small-repository.ts';

const scene = await openScene({ after });
const directory = await mkdtemp(join(tmpdir(), 'zenfra-sources-'));
after(() => rm(directory, { recursive: true, force: true }));

test('a source that cannot be had leaves nothing on the disk', async () => {
  const sources = new Sources(scene.stage.app.github, directory);
  const { id, owner, name, installationId } = scene.repository;
  const repository = { id, owner, name, installationId: installationId ?? 0 };
  await assert.rejects(sources.fetch({ repository, commit: '0'.repeat(40) }));
  assert.deepEqual(readdirSync(directory), []);
  const commit = await scene.sandbox.head(scene.repository, 'main');
  await sources.fetch({ repository, commit });
  assert.deepEqual(readdirSync(directory), [`${id}-${commit}`]);
});

test('the source of a repository is had under its former name too', async () => {
  const { sandbox, stage } = scene;
  const old = await makeRepository(scene, 'former');
  const commit = await sandbox.head(old, 'main');
  sandbox.moveRepository(old, { name: 'present' });
  const { id, owner, name, installationId } = old;
  const wanted = { repository: { id, owner, name, installationId: installationId ?? 0 }, commit };
  const { archiveBytes } = await new Sources(stage.app.github, join(directory, 'former')).fetch(wanted);
  assert.ok(archiveBytes > 0);
});

test('a source that is in use, or on its way, stays however many others come', async () => {
  const own = join(directory, 'many');
  const sources = new Sources(scene.stage.app.github, own);
  const { owner, name, installationId } = scene.repository;
  const commit = await scene.sandbox.head(scene.repository, 'main');
  const wanted = (id: number) => ({ repository: { id, owner, name, installationId: installationId ?? 0 }, commit });
  const there = () => readdirSync(own).filter((one) => one.endsWith(commit));
  await Promise.all(Array.from({ length: 21 }, (_, id) => sources.fetch(wanted(id))));
  assert.equal((await sources.fetch(wanted(0))).downloadMs, 0);
  const letGo = sources.hold(wanted(0));
  for (let id = 21; id < 42; id += 1) await sources.fetch(wanted(id));
  assert.ok(there().includes(`0-${commit}`));
  letGo();
  await sources.fetch(wanted(42));
  assert.equal(there().includes(`0-${commit}`), false);
  assert.equal(there().length, 20);
});

test('on a disk that is full the sources give way that nobody uses', async (t) => {
  const own = join(directory, 'small');
  mkdirSync(own);
  if (!mountSmallDisk(t, own)) return assert.ok(saysFull(await writeFile('/dev/full', 'x').catch((error) => error)));
  const files = { 'large.bin': 'x'.repeat(1_500_000), 'main.tf': '' };
  const { id, owner, name, installationId } = await makeRepository(scene, 'large', { files });
  const commit = await scene.sandbox.head({ owner, name }, 'main');
  const wanted = (more: number) => {
    return { repository: { id: id + more, owner, name, installationId: installationId ?? 0 }, commit };
  };
  const sources = new Sources(scene.stage.app.github, join(own, 'sources'));
  const letGo = sources.hold(wanted(0));
  for (const more of [0, 1]) await sources.fetch(wanted(more));
  const { directory: unpacked } = await sources.fetch(wanted(2));
  assert.equal(statSync(join(unpacked, 'large.bin')).size, 1_500_000);
  assert.equal((await sources.fetch(wanted(0))).downloadMs, 0);
  const letGoToo = sources.hold(wanted(2));
  await assert.rejects(sources.fetch(wanted(3)), saysFull);
  letGo();
  letGoToo();
  await sources.fetch(wanted(3));
});

/** False where one may not. */
function mountSmallDisk(t: TestContext, place: string): boolean {
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', place]);
  if (status === 0) t.after(() => void spawnSync('umount', ['-l', place]));
  return status === 0;
}

test('a disk that is full is told as that, whatever wraps the error', async () => {
  const full = Object.assign(new Error('write'), { code: 'ENOSPC' });
  const wrapped = new Error('The source archive could not be read to its end', { cause: full });
  const failure = await diskFailure(wrapped, { phase: 'preparing', directory });
  assert.equal(failure?.headline, 'The disk of the worker’s work directory is full');
  assert.equal(await diskFailure(new Error('else'), { phase: 'preparing', directory }), null);
});
