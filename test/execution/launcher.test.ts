import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { launch } from '../../src/execution/launcher.ts';
import { startTimeOf } from '../../src/execution/process-identity.ts';
import { eventually } from '../support/patience.ts';

const directory = mkdtempSync(join(tmpdir(), 'zenfra-launcher-'));
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
const [output, errors] = [join(directory, 'out'), join(directory, 'err')];
const shell = (text: string, more: Partial<Parameters<typeof launch>[0]> = {}) =>
  launch({ argv: ['/bin/sh', '-c', text], cwd: directory, env: { WORD: 'said' }, output, errors, ...more });
const parentOf = (pid: number) => Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]);

test('a program gets its directory, its environment alone and its files, and its end is told', async () => {
  const { ended } = await shell('pwd; echo "$WORD $HOME"; echo wrong >&2; exit 3');
  assert.equal(await ended, 3);
  assert.equal(readFileSync(output, 'utf8'), `${directory}\nsaid \n`);
  assert.equal(readFileSync(errors, 'utf8'), 'wrong\n');
  assert.equal(await (await shell('kill -9 $$')).ended, null);
});

test('it leads a session of its own, so that its group can be told from ours', async () => {
  const { pid, ended } = await shell('sleep 60');
  assert.equal(Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[3]), pid);
  process.kill(-pid, 'SIGKILL');
  assert.equal(await ended, null);
});

test('what cannot be started is an error', async () => {
  await assert.rejects(shell('true', { cwd: join(directory, 'nowhere') }), /^Error: \/bin\/sh could not be started: /);
  await assert.rejects(shell('true', { output: join(directory, 'nowhere', 'out') }), /could not be started: ENOENT/);
});

test('signals that end a worker do not end the launcher, and when it is killed all the same, another follows', async () => {
  const first = await shell('sleep 60');
  const launcher = parentOf(first.pid);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(launcher, signal);
  assert.equal(await (await shell('exit 4')).ended, 4);
  process.kill(launcher, 'SIGKILL');
  assert.equal(await first.ended, 'unseen');
  assert.notEqual(startTimeOf(first.pid), null, 'what it started goes on');
  process.kill(-first.pid, 'SIGKILL');
  assert.equal(await (await shell('exit 5')).ended, 5);
});

test('it goes with the process that it works for, also with one that is killed', async () => {
  const script = `
    import { launch } from ${JSON.stringify(import.meta.resolve('../../src/execution/launcher.ts'))};
    const one = await launch(${JSON.stringify({ argv: ['/bin/sleep', '60'], cwd: directory, env: {}, output, errors })});
    console.log(one.pid);
    setInterval(() => {}, 1000);`;
  const worker = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(worker.stdout, 'data');
  const started = Number(String(line));
  const launcher = parentOf(started);
  worker.kill('SIGKILL');
  await eventually('the launcher is gone', () => startTimeOf(launcher) === null || undefined);
  process.kill(-started, 'SIGKILL');
});

test('nobody is kept from ending by it', async () => {
  const script = `
    import { launch } from ${JSON.stringify(import.meta.resolve('../../src/execution/launcher.ts'))};
    const one = await launch(${JSON.stringify({ argv: ['/bin/true'], cwd: directory, env: {}, output, errors })});
    console.log(await one.ended);`;
  const worker = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [[said], [code]] = await Promise.all([once(worker.stdout, 'data'), once(worker, 'exit')]);
  assert.deepEqual([String(said), code], ['0\n', 0]);
});
