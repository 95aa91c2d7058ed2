import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { attachEngine, isEngineAlive, startEngine } from '../../src/execution/engine-process.ts';
import { type EngineRecord, readEngineRecord, reserveRecord } from '../../src/execution/engine-record.ts';
import { fateOf, ownIdentity, startTimeOf } from '../../src/execution/process-identity.ts';

const directory = mkdtempSync(join(tmpdir(), 'zenfra-engine-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const self = ownIdentity();

test('a process is told from a later one of its number, and from one of that number elsewhere', () => {
  assert.equal(fateOf(self), 'alive');
  assert.equal(fateOf({ ...self, startTime: '1' }), 'dead');
  assert.equal(fateOf({ ...self, place: 'this host after its next boot' }), 'elsewhere');
});

function start(script: string, name: string) {
  return startEngine({
    name,
    argv: ['/bin/sh', '-c', script],
    cwd: directory,
    env: { PATH: process.env.PATH ?? '' },
    directory,
    loggedBefore: 0,
  });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

test('an engine whose number another process has by now is not alive', () => {
  const record = readBlank('reused', { pid: process.pid, startTime: '1' });
  assert.equal(isEngineAlive(record), false);
});

test('an engine outlives its wrapper, and is waited for', async () => {
  const engine = start('trap "" TERM; echo $$ >child; sleep 0.5', 'orphan');
  await until(() => existsSync(join(directory, 'child')));
  process.kill(engine.record.pid, 'SIGKILL');
  await until(() => startTimeOf(engine.record.pid) === null);
  assert.equal(isEngineAlive(engine.record), true);
  assert.equal(await attachEngine(engine.record).ended, null, 'nobody knows its exit code');
  assert.equal(await engine.ended, null);
});

test('one that ended is known by its exit file, whose room was taken before it began', async () => {
  const engine = start('exit 3', 'ended');
  assert.equal(await engine.ended, 3);
  assert.equal(await attachEngine(engine.record).ended, 3);
});

test('an engine whose worker was killed before it noted the number is found by its file', async () => {
  const record = readBlank('unnoted', {});
  assert.equal(readEngineRecord(directory)?.pid, 0);
  const child = spawn('/bin/sh', ['-c', 'sleep 30 & wait', 'zenfra-engine', record.exitFile], { detached: true });
  await once(child, 'spawn');
  assert.equal(readEngineRecord(directory)?.pid, child.pid);
  process.kill(-(child.pid ?? 0), 'SIGKILL');
});

function readBlank(name: string, changes: Partial<EngineRecord>): EngineRecord {
  const files = {
    outputFile: join(directory, `${name}.out`),
    errorFile: '',
    exitFile: join(directory, `${name}.exit`),
  };
  const record = { name, pid: 0, startTime: null, place: self.place, loggedBefore: 0, ...files, ...changes };
  writeFileSync(record.outputFile, '');
  reserveRecord(directory, record, true);
  return record;
}

/** What a script prints in a process that has no room for one more open file. */
function withoutRoom(script: string): string {
  const modules = ['process-identity', 'engine-process'].map((name) =>
    JSON.stringify(join(import.meta.dirname, `../../src/execution/${name}.ts`)),
  );
  const whole = `
    const { fateOf, ownIdentity, ownPlace } = await import(${modules[0]});
    const { attachEngine } = await import(${modules[1]});
    const { openSync } = await import('node:fs');
    const self = ownIdentity();
    console.log(fateOf(self));
    try { for (;;) openSync('/dev/null', 'r'); } catch {}
    ${script}`;
  const limited = ['-c', 'ulimit -n 64; exec "$@"', 'sh', process.execPath, '--input-type=module', '-e', whole];
  return execFileSync('/bin/sh', limited, { encoding: 'utf8', env: {} });
}

test('without room for one more open file, a process that lives is not taken for dead', () => {
  const script = 'try { console.log(fateOf(self)); } catch (error) { console.log(error.code); }';
  assert.equal(withoutRoom(script), 'alive\nEMFILE\n');
});

test('nor does an engine’s end, of which not all can be done then, end the process that follows it', () => {
  const script = `
    const engine = attachEngine({ pid: 4_000_000, startTime: '1', place: ownPlace(), user: 0x70000001, exitFile: '/none' });
    await new Promise((resolve) => setTimeout(resolve, 300));
    console.log(await engine.ended.catch((error) => error.code));`;
  assert.equal(withoutRoom(script), 'alive\nEMFILE\n');
});
