import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { layOutWorkspace } from '../../src/execution/workspace.ts';

const run = promisify(execFile);
const root = mkdtempSync(join(tmpdir(), 'zenfra-workspace-'));
after(() => rmSync(root, { recursive: true, force: true }));

/** Nothing in it can be removed by its owner, nor in some of it even seen, and a link leads out of it. */
function leaveClosed(directory: string, outside: string): void {
  mkdirSync(join(directory, 'go', 'mod'), { recursive: true });
  mkdirSync(join(directory, 'unseen', 'below'), { recursive: true });
  writeFileSync(join(directory, 'go', 'mod', 'a.go'), '', { mode: 0o444 });
  mkdirSync(outside, { mode: 0o555 });
  symlinkSync(outside, join(directory, 'go', 'link'));
  chmodSync(join(directory, 'go', 'mod'), 0o555);
  chmodSync(join(directory, 'go'), 0o555);
  chmodSync(join(directory, 'unseen'), 0);
}

/** What root may do besides, which no mode keeps from a directory. */
const beyond = '-dac_override,-dac_read_search';
const ordinary = process.getuid?.() === 0 ? ['setpriv', `--inh-caps=${beyond}`, `--bounding-set=${beyond}`, '--'] : [];

/** Calls a function of ours in a process that modes hold for. */
async function callAsOrdinary(module: string, call: string): Promise<void> {
  const url = new URL(`../../src/execution/${module}.ts`, import.meta.url).href;
  const script = `const { ${/^\w+/.exec(call)?.[0]} } = await import(${JSON.stringify(url)}); await ${call};`;
  const [program = '', ...args] = [...ordinary, process.execPath, '--input-type=module', '-e', script];
  await run(program, args);
}

const workspaceOf = (directory: string) => JSON.stringify(layOutWorkspace(directory, '.'));

test('a work directory in which a run has closed directories is removed by a worker that is not root', async () => {
  const directory = join(root, 'removed');
  const outside = join(root, 'outside-removed');
  leaveClosed(directory, outside);
  await callAsOrdinary('workspace', `removeWorkspace(${workspaceOf(directory)})`);
  assert.equal(existsSync(directory), false);
  assert.equal(lstatSync(outside).mode & 0o777, 0o555, 'a link is not followed');
});

test('nor do they keep the next execution out of it', async () => {
  const directory = join(root, 'emptied');
  leaveClosed(join(directory, 'home'), join(root, 'outside-emptied'));
  await callAsOrdinary('workspace', `emptyWorkspace(${workspaceOf(directory)})`);
  assert.deepEqual(readdirSync(join(directory, 'home')), []);
});

test('nor a copy of the source from being made right again', async () => {
  const [from, to] = [join(root, 'from'), join(root, 'to')];
  for (const directory of [from, to]) mkdirSync(directory);
  leaveClosed(join(to, 'added'), join(root, 'outside-copy'));
  await callAsOrdinary(
    'copy-source',
    `restoreSource({ directory: ${JSON.stringify(from)}, listings: new Map() }, ${JSON.stringify(to)}, { names: 0, content: 0 })`,
  );
  assert.deepEqual(readdirSync(to), []);
});
