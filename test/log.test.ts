import assert from 'node:assert/strict';
import { type StdioOptions, spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const log = join(import.meta.dirname, '..', 'src', 'log.ts');
const program = `
  import { createLog } from ${JSON.stringify(log)};
  import { setTimeout as sleep } from 'node:timers/promises';
  const log = createLog('info');
  for (let n = 0; n < 3; n += 1) { log.info({ n }, 'a line'); await sleep(5); }
  for (let n = 3; n < 500; n += 1) log.info({ n, much: 'x'.repeat(1000) }, 'a line');
  process.stderr.write('went on');
  process.exit(0);
`;

const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', program];

test('a log that nothing takes any more neither ends the process nor holds it up', () => {
  const full = openSync('/dev/full', 'w');
  const stdio: StdioOptions = ['ignore', full, 'pipe'];
  const { status, stderr } = spawnSync(process.execPath, args, { stdio, encoding: 'utf8', timeout: 60_000 });
  closeSync(full);
  assert.equal(stderr, 'went on');
  assert.equal(status, 0);
});

test('a process that ends has written all of its log, each line once and in order, though a pipe holds less', () => {
  const { stdout } = spawnSync('sh', ['-c', '"$@" | cat', 'sh', process.execPath, ...args], { encoding: 'utf8' });
  const lines = stdout.trim().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).n),
    Array.from({ length: 500 }, (_, n) => n),
  );
});
