import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';

const demo = join(import.meta.dirname, '../../src/sandbox/demo.ts');

test('without an engine, and with none to be had, the demo says what to install', async (t) => {
  const directory = await makeDirectory(t);
  await mkdir(join(directory, 'bin'));
  const git = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  await symlink(git, join(directory, 'bin/git'));
  const ZENFRA_OPENTOFU_MIRROR = 'http://127.0.0.1:9';
  const environment = { PATH: join(directory, 'bin'), ZENFRA_DATA_DIR: directory, ZENFRA_OPENTOFU_MIRROR };
  const { code, stderr } = await run(t, environment);
  assert.equal(code, 1);
  assert.match(stderr, /^OpenTofu is wanted, and this worker has no OpenTofu on its PATH\. .*could not be reached/);
  assert.match(stderr, /https:\/\/opentofu\.org\/docs\/intro\/install\//);
});

test('a setting that cannot be kept to is told, and not replaced by another', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const settings = { PORT: String(port), ZENFRA_ISOLATION: 'bublewrap', ZENFRA_DATA_DIR: await makeDirectory(t) };
  const { code, stderr } = await run(t, settings);
  assert.equal(code, 1);
  assert.equal(
    stderr,
    `PORT is ${port}, and something listens there. Stop it, or leave PORT unset: the demo finds a port.
ZENFRA_ISOLATION is "bublewrap"; it must be one of auto, bubblewrap, user, none. Unset, it is auto.\n`,
  );
});

test('a second demo on the same data is refused; the first ends when it is told to, and takes its servers along', async (t) => {
  const ZENFRA_DATA_DIR = await makeDirectory(t);
  const first = start(t, { ZENFRA_DATA_DIR });
  const [, address = ''] = await first.printed(/Zenfra +(http:\/\/127\.0\.0\.1:\d+)/);
  assert.equal((await fetch(address)).status, 200);
  const second = await run(t, { ZENFRA_DATA_DIR });
  assert.equal(second.code, 1);
  assert.match(second.stderr, /^Another demo runs on .*\. Stop it first, or set ZENFRA_DATA_DIR/);
  first.child.kill('SIGTERM');
  const [code] = await first.ended;
  assert.equal(code, 1, 'its story has not come to an end');
  await assert.rejects(fetch(address));
});

async function makeDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'zenfra-demo-'));
  // Under root the database's server is another user, who must be able to get there.
  execFileSync('chmod', ['755', directory]);
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function run(t: TestContext, environment: Record<string, string>): Promise<{ code: number; stderr: string }> {
  const { child, ended } = start(t, environment);
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = await ended;
  return { code, stderr };
}

function start(t: TestContext, environment: Record<string, string>) {
  const { PATH, HOME } = process.env;
  const env = { ...(PATH ? { PATH } : {}), ...(HOME ? { HOME } : {}), ...environment };
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', demo, '--exit'], { env });
  const ended = once(child, 'close');
  t.after(() => child.kill('SIGKILL'));
  let stdout = '';
  const printed = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(stdout);
      if (found) return found;
      const more = await Promise.race([once(child.stdout ?? child, 'data'), ended.then(() => undefined)]);
      if (!more) throw new Error(`The demo ended without printing ${pattern}: ${stdout}`);
    }
  };
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  return { child, ended, printed };
}
