import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { clearLeft } from '../../src/execution/clear-left.ts';
import { isEngineAlive, signalGroup } from '../../src/execution/engine-process.ts';
import { type EngineRecord, readEngineRecord } from '../../src/execution/engine-record.ts';
import { makeOwnedDirectory } from '../../src/execution/owned-directory.ts';
import { ownIdentity } from '../../src/execution/process-identity.ts';
import { emptyWorkspace, layOutWorkspace } from '../../src/execution/workspace.ts';

const root = mkdtempSync(join(tmpdir(), 'zenfra-left-'));
after(() => rmSync(root, { recursive: true, force: true }));

const pathOf = (name: string) => JSON.stringify(new URL(`../../src/execution/${name}.ts`, import.meta.url).href);

/** A worker that starts commands in a work directory, and is killed by `kill -9` then. */
async function killedWorker(
  t: TestContext,
  directory: string,
  commands: Record<'engine' | 'hooks', string>,
): Promise<EngineRecord[]> {
  const workspace = layOutWorkspace(directory, '.');
  const script = `
    const { mkdirSync } = await import('node:fs');
    const { emptyWorkspace } = await import(${pathOf('workspace')});
    const { startEngine } = await import(${pathOf('engine-process')});
    const workspace = ${JSON.stringify(workspace)};
    await emptyWorkspace(workspace);
    mkdirSync(workspace.hooks);
    const argv = ['/bin/sh', '-c', 'trap : INT TERM; while :; do sleep 0.05; done'];
    for (const [room, name] of Object.entries(${JSON.stringify(commands)}))
      startEngine({ name, argv, cwd: workspace.source, env: {}, directory: workspace[room], loggedBefore: 0 });
    process.kill(process.pid, 'SIGKILL');`;
  await once(spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' }), 'exit');
  const records = [workspace.engine, workspace.hooks].flatMap((room) => readEngineRecord(room) ?? []);
  assert.equal(records.filter(isEngineAlive).length, 2);
  t.after(() => killAll(records));
  return records;
}

function killAll(records: EngineRecord[]): void {
  for (const { pid } of records) signalGroup(pid, 'SIGKILL');
}

const dayAgo = new Date(Date.now() - 25 * 60 * 60_000);

test('what a worker that was killed while planning has left is ended and removed', async (t) => {
  const runs = join(root, 'planning');
  const records = await killedWorker(t, join(runs, 'plan-1'), { engine: 'plan', hooks: 'after_plan-0' });
  await clearLeft(runs);
  assert.deepEqual(records.filter(isEngineAlive), []);
  assert.deepEqual(readdirSync(runs), []);
});

test('what has begun to apply is not touched, whoever is gone', async (t) => {
  const runs = join(root, 'applying');
  const records = await killedWorker(t, join(runs, 'plan-1'), { engine: 'apply', hooks: 'before_apply-0' });
  for (const path of ['plan-1', 'plan-1/owner.json']) utimesSync(join(runs, path), dayAgo, dayAgo);
  await clearLeft(runs);
  assert.equal(records.filter(isEngineAlive).length, 2);
  assert.equal(existsSync(join(runs, 'plan-1', 'engine', 'apply.exit')), true);
});

test('what an apply has left is removed once its end is recorded, whose worker is gone', async (t) => {
  const runs = join(root, 'recorded');
  killAll(await killedWorker(t, join(runs, 'plan-1'), { engine: 'apply', hooks: 'before_apply-0' }));
  const asked: string[] = [];
  const answer = (recorded: boolean) => async (name: string) => {
    asked.push(name);
    return recorded;
  };
  await clearLeft(runs, answer(false));
  assert.deepEqual(readdirSync(runs), ['plan-1']);
  await clearLeft(runs, answer(true));
  assert.deepEqual(readdirSync(runs), []);
  assert.deepEqual(asked, ['plan-1', 'plan-1']);
});

test('the directory of a process that lives stays, also when another had it before', async (t) => {
  const runs = join(root, 'living');
  const workspace = layOutWorkspace(join(runs, 'plan-1'), '.');
  const records = await killedWorker(t, workspace.directory, { engine: 'init', hooks: 'before_init-0' });
  killAll(records);
  await emptyWorkspace(workspace);
  await clearLeft(runs);
  assert.deepEqual(readdirSync(runs), ['plan-1']);
  assert.deepEqual(readdirSync(workspace.directory).length, 7, 'its rooms, and whose it is');
});

test('the directory of a process that cannot be seen from here stays until a day has passed without it', async () => {
  const runs = join(root, 'elsewhere');
  makeOwnedDirectory(join(runs, 'ours'), 0o700);
  makeOwnedDirectory(join(runs, 'theirs'), 0o700);
  const [ours, theirs] = [join(runs, 'ours', 'owner.json'), join(runs, 'theirs', 'owner.json')];
  writeFileSync(theirs, JSON.stringify({ ...ownIdentity(), place: 'another container' }));
  utimesSync(ours, dayAgo, dayAgo);
  await clearLeft(runs);
  assert.deepEqual(readdirSync(runs).sort(), ['ours', 'theirs']);
  assert.ok(statSync(ours).mtime > dayAgo, 'others are shown that this process lives');
  utimesSync(theirs, dayAgo, dayAgo);
  await clearLeft(runs);
  assert.deepEqual(readdirSync(runs), ['ours']);
});

test('what a former version left, which does not say whose it is, goes when it is a day old', async () => {
  const sources = join(root, 'former');
  const nobody = String(2 ** 22 + 1);
  for (const name of [nobody, String(process.pid), 'plan-1', 'young'])
    mkdirSync(join(sources, name), { recursive: true });
  for (const name of [nobody, String(process.pid), 'plan-1']) utimesSync(join(sources, name), dayAgo, dayAgo);
  await clearLeft(sources);
  assert.deepEqual(readdirSync(sources).sort(), [String(process.pid), 'young']);
});
