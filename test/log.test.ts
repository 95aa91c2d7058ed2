import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const log = join(import.meta.dirname, '..', 'src', 'log.ts');
const program = `
  import { createLog } from ${JSON.stringify(log)};
  import { setTimeout as sleep } from 'node:timers/promises';
  const log = createLog('info');
  for (let n = 0; n < 3; n += 1) { log.info({ n }, 'a line'); await sleep(5); }
  log.info('the last line');
  process.stderr.write('went on');
  process.exit(0);
`;

/** A process that logs, with its standard output there. */
function run(output: number | 'pipe') {
  const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', program];
  return spawnSync(process.execPath, args, { stdio: ['ignore', output, 'pipe'], encoding: 'utf8', timeout: 60_000 });
}

test('a log that nothing takes any more neither ends the process nor holds it up', () => {
  const full = openSync('/dev/full', 'w');
  const { status, stderr } = run(full);
  closeSync(full);
  assert.equal(stderr, 'went on');
  assert.equal(status, 0);
});

test('a process that ends has written all of its log, each line once', () => {
  const { stdout } = run('pipe');
  const lines = stdout.trim().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).msg),
    ['a line', 'a line', 'a line', 'the last line'],
  );
});
