import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { reserveRecord } from '../../src/execution/engine-record.ts';
import { findLeftApply } from '../../src/execution/left-apply.ts';
import { groupLives, ownPlace } from '../../src/execution/process-identity.ts';
import { layOutWorkspace } from '../../src/execution/workspace.ts';
import { eventually } from '../support/patience.ts';

const state = (serial: number) => `{\n  "version": 4,\n  "terraform_version": "1.11.4",\n  "serial": ${serial}\n}\n`;

test('what an engine that nobody followed could not save is found in its file, or in what it has printed', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'zenfra-left-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const { engine, module } = layOutWorkspace(directory, '.');
  for (const room of [engine, module]) mkdirSync(room);
  const left = async () => {
    const found = await findLeftApply(directory, '.');
    const bytes = found.engine === 'ended' ? found.unsavedState : null;
    return [found.engine, bytes && Buffer.from(bytes).toString()];
  };
  assert.deepEqual(await left(), ['absent', null]);

  const [outputFile, exitFile] = [join(engine, 'apply.out'), join(engine, 'apply.exit')];
  const ended = { name: 'apply', pid: 2 ** 30, startTime: '1', place: ownPlace(), loggedBefore: 0 };
  reserveRecord(engine, { ...ended, outputFile, errorFile: outputFile, exitFile }, true);
  writeFileSync(exitFile, '1\n');
  assert.deepEqual(await left(), ['ended', null], 'it was killed before it printed anything');
  writeFileSync(outputFile, 'terraform_data.a: Creation complete after 0s\n');
  assert.deepEqual(await left(), ['ended', null]);
  writeFileSync(outputFile, `Error\n${state(1)}Error: Failed to persist state to backend\n`);
  assert.deepEqual(await left(), ['ended', state(1)]);
  writeFileSync(join(module, 'errored.tfstate'), state(2));
  assert.deepEqual(await left(), ['ended', state(2)]);
});

test('of an engine that was killed, a provider that still runs is no reason to wait: it goes as well', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'zenfra-left-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const { engine } = layOutWorkspace(directory, '.');
  mkdirSync(engine);
  const wrapper = spawn('/bin/sh', ['-c', 'sleep 600 &'], { detached: true, stdio: 'ignore' });
  const pid = wrapper.pid ?? 0;
  await once(wrapper, 'exit');
  const [outputFile, exitFile] = [join(engine, 'apply.out'), join(engine, 'apply.exit')];
  const record = { name: 'apply', pid, startTime: '1', place: ownPlace(), loggedBefore: 0 };
  reserveRecord(engine, { ...record, outputFile, errorFile: outputFile, exitFile }, true);
  assert.deepEqual(
    await findLeftApply(directory, '.'),
    { engine: 'running' },
    'its wrapper may have been killed alone',
  );
  writeFileSync(exitFile, '137\n');
  assert.deepEqual(await findLeftApply(directory, '.'), { engine: 'ended', unsavedState: null });
  await eventually('it to be gone', async () => !groupLives(pid) || undefined);
});
