import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, test } from 'node:test';
import { pino } from 'pino';
import { findPullRequest } from '../../src/db/pull-requests.ts';
import { getRepository, upsertRepository } from '../../src/db/repositories.ts';
import { getRun } from '../../src/db/runs.ts';
import { listStacks } from '../../src/db/stacks.ts';
import { planPullRequest } from '../../src/triggers/pull-request.ts';
import { syncStacks } from '../../src/triggers/sync-stacks.ts';
import { openScene, settle } from '../support/scene.ts';
import { makeRepository, module, openPull } from '../support/small-repository.ts';

const scene = await openScene({ after });
const { sandbox, db } = scene;
afterEach(() => sandbox.faults.clear());
const deps = { db, github: scene.stage.app.github, log: pino({ level: 'silent' }) };

const config = (autoApply: string) => ({
  'zenfra.yml': `stacks:\n  network: { path: network, auto_apply: ${autoApply} }\n`,
});

/** A repository that is known, with what its zenfra.yml said at first; what comes after is told nobody. */
async function knownRepository(name: string) {
  const repository = await makeRepository(scene, name, {
    files: { ...config('always'), 'network/main.tf': module(1) },
  });
  await sandbox.commit(repository, { branch: 'main', files: { 'a.txt': 'a' }, message: 'A', author: 'kim' });
  await settle(scene);
  sandbox.faults.onDelivery({ when: () => true, times: 100, does: 'drop' });
  return repository;
}

/** A reading of zenfra.yml that GitHub takes long to answer, once it has been asked. */
async function slowReading(repositoryId: number) {
  const row = await getRepository(db, repositoryId);
  const asked = Promise.withResolvers<void>();
  const isReading = ({ path }: { path: string }) => {
    const isIt = path.endsWith('/contents/zenfra.yml');
    if (isIt) asked.resolve();
    return isIt;
  };
  sandbox.faults.onCall({ when: isReading, delayMs: 1_500 });
  const reading = syncStacks(deps, row);
  await asked.promise;
  return { row, reading };
}

test('a reading of an older commit that ends last does not bring its rights back', async () => {
  const repository = await knownRepository('older-reading');
  const change = { branch: 'main', message: 'Change', author: 'kim' };
  await sandbox.commit(repository, { ...change, files: { 'b.txt': 'b' } });
  const { row, reading } = await slowReading(repository.id);
  const newest = await sandbox.commit(repository, { ...change, files: config('never') });
  await syncStacks(deps, row);
  const { sha, stacks } = await reading;
  assert.equal(sha, newest);
  assert.deepEqual(
    stacks.map(({ name, definition }) => [name, (definition as { autoApply: string }).autoApply]),
    [['network', 'never']],
  );
});

test('a reading that began before another branch became the default one is not stored for the former', async () => {
  const repository = await knownRepository('another-default');
  await sandbox.commit(repository, { branch: 'main', files: { 'b.txt': 'b' }, message: 'B', author: 'kim' });
  await sandbox.commit(repository, { branch: 'trunk', files: {}, message: 'Trunk', author: 'kim' });
  const { row, reading } = await slowReading(repository.id);
  const { installation_id: installationId, owner, name } = row;
  const seen = { id: row.id, installationId, account: owner, owner, name, private: true };
  await upsertRepository(db, { ...seen, defaultBranch: 'trunk' });
  const { stacks } = await reading;
  assert.deepEqual(
    stacks.map(({ branch }) => branch),
    ['trunk'],
  );
});

test('a stack that is called like its repository keeps its name when the repository gets another', async () => {
  const change = (text: string) => ({ branch: 'main', files: { 'main.tf': module(1), 'a.txt': text }, message: text });
  const repository = await makeRepository(scene, 'former', { files: change('a').files });
  await sandbox.commit(repository, { ...change('b'), author: 'kim' });
  await settle(scene);
  const known = await listStacks(db, repository.id);
  await sandbox.commit(sandbox.moveRepository(repository, { name: 'latter' }), { ...change('c'), author: 'kim' });
  await settle(scene);
  const { name, config_error: error } = await getRepository(db, repository.id);
  const stacks = await listStacks(db, repository.id);
  assert.deepEqual([name, error, stacks.map((stack) => stack.name)], ['latter', null, ['former']]);
  assert.deepEqual(
    stacks.map(({ id }) => id),
    known.map(({ id }) => id),
  );
});

test('pull requests know a stack that was renamed by its new name, by which it is approved there', async () => {
  const repository = await knownRepository('renamed');
  const pull = { title: 'x', author: 'kim', head_sha: 'f', head_ref: 'x', base_ref: 'main', state: 'open' as const };
  const affected = JSON.stringify([
    { name: 'network', because: 'network/main.tf' },
    { name: 'other', because: 'other/main.tf' },
  ]);
  await db
    .insertInto('pull_requests')
    .values({ repository_id: repository.id, number: 7, draft: false, fork: false, affected, ...pull })
    .execute();
  const files = { 'zenfra.yml': 'stacks:\n  net: { path: network, renamed_from: network }\n' };
  await sandbox.commit(repository, { branch: 'main', files, message: 'Rename', author: 'kim' });
  await syncStacks(deps, await getRepository(db, repository.id));
  const row = await findPullRequest(db, repository.id, 7);
  assert.deepEqual(row?.affected, [
    { name: 'net', because: 'network/main.tf' },
    { name: 'other', because: 'other/main.tf' },
  ]);
});

test('a plan of a stack that its pull request touches no more ends, and blames no base that is as it was', async () => {
  const repository = await makeRepository(scene, 'touched-no-more');
  await sandbox.commit(repository, { branch: 'main', files: { 'a.txt': 'a' }, message: 'A', author: 'kim' });
  await settle(scene);
  sandbox.faults.onDelivery({ when: () => true, times: 100, does: 'drop' });
  const { number, sha: commit_sha, branch } = await openPull(scene, repository);
  const dns = (await listStacks(db, repository.id)).find(({ name }) => name === 'dns');
  assert.ok(dns);
  const why = { trigger: 'command' as const, triggered_by: 'kim', trigger_reason: 'kim asked for a plan' };
  const run = { id: randomUUID(), type: 'plan_only' as const, branch, commit_sha, commit_title: 'x', ...why };
  await db
    .insertInto('runs')
    .values({ ...run, stack_id: dns.id, repository_id: repository.id, pull_request_number: number })
    .execute();
  const row = await getRepository(db, repository.id);
  await planPullRequest(deps, row, { number, trigger: 'command', triggeredBy: 'kim' });
  const { status, ended_because: because } = await getRun(db, run.id);
  assert.deepEqual(
    [status, because],
    ['canceled', 'Canceled by zenfra: the pull request does not touch this stack now'],
  );
});
