import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import pino from 'pino';
import { readServedVersion } from '../../src/db/state-credentials.ts';
import { findCurrentVersion } from '../../src/db/state-versions.ts';
import { importState } from '../../src/state/import-state.ts';
import { rollBack } from '../../src/state/roll-back.ts';
import type { StateStore } from '../../src/state/versions.ts';
import { addRun, addStack, endRun, type Holder, type StateServer, startStateServer } from './state-server.ts';

let server: StateServer;
let store: StateStore;
let directory: string;
before(async () => {
  server = await startStateServer();
  store = { db: server.db, masterKey: server.masterKey, log: pino({ level: 'silent' }) };
  directory = await mkdtemp(join(tmpdir(), 'zenfra-by-hand-'));
});
after(async () => {
  await server.close();
  await rm(directory, { recursive: true, force: true });
});

function subnets(count: number, backend = 'backend "http" {}'): string {
  return `terraform {\n  ${backend}\n}\nresource "terraform_data" "subnet" {\n  count = ${count}\n  input = "10.0.\${count.index}.0/24"\n}\n`;
}

async function terraform(holder: Holder | null, ...args: string[]): Promise<string> {
  const of = holder && {
    TF_HTTP_ADDRESS: holder.address,
    TF_HTTP_LOCK_ADDRESS: holder.address,
    TF_HTTP_UNLOCK_ADDRESS: holder.address,
    TF_HTTP_USERNAME: holder.username,
    TF_HTTP_PASSWORD: holder.password,
  };
  const env = { PATH: process.env.PATH, HOME: directory, TF_IN_AUTOMATION: '1', CHECKPOINT_DISABLE: '1', ...of };
  const { stdout } = await promisify(execFile)('terraform', [...args, '-no-color'], { cwd: directory, env });
  return stdout;
}

/** Performs a command as a run with a credential of its own. */
async function asRun(stackId: string, access: 'read' | 'write', ...args: string[]) {
  const run = await addRun(server, stackId, access);
  const text = await terraform(run, ...args);
  await endRun(server, run);
  return { text, runId: run.runId };
}

const plan = ['plan', '-input=false', '-lock=false'];

test('after a roll-back the real terraform plans the difference, from the new version, and applies on it', async () => {
  const stackId = await addStack(server);
  await writeFile(join(directory, 'main.tf'), subnets(1));
  await asRun(stackId, 'read', 'init', '-input=false');
  await asRun(stackId, 'write', 'apply', '-input=false', '-auto-approve');
  const first = await findCurrentVersion(server.db, stackId);
  await writeFile(join(directory, 'main.tf'), subnets(3));
  await asRun(stackId, 'write', 'apply', '-input=false', '-auto-approve');
  const second = await findCurrentVersion(server.db, stackId);
  assert.match((await asRun(stackId, 'read', ...plan)).text, /No changes/);

  const done = await rollBack(store, {
    stackId,
    versionId: first?.id ?? '',
    currentId: second?.id ?? '',
    user: 'kim',
  });
  assert.deepEqual(done, { ok: true, serial: String(BigInt(second?.serial ?? '0') + 1n) });
  const planned = await asRun(stackId, 'read', ...plan);
  assert.match(planned.text, /Plan: 2 to add, 0 to change, 0 to destroy/);
  const rolledBack = await findCurrentVersion(server.db, stackId);
  assert.equal(await readServedVersion(server.db, planned.runId), rolledBack?.id);
  assert.match((await asRun(stackId, 'write', 'apply', '-input=false', '-auto-approve')).text, /2 added/);
});

test('after an import of a local state the real terraform finds no changes, and continues its lineage', async () => {
  const stackId = await addStack(server);
  await rm(join(directory, '.terraform'), { recursive: true, force: true });
  await writeFile(join(directory, 'main.tf'), subnets(2, 'backend "local" {}'));
  await terraform(null, 'init', '-input=false');
  await terraform(null, 'apply', '-input=false', '-auto-approve');
  const bytes = await readFile(join(directory, 'terraform.tfstate'));
  await rm(join(directory, '.terraform'), { recursive: true });
  await rm(join(directory, 'terraform.tfstate'));

  assert.equal((await importState(store, { stackId, bytes, user: 'kim' })).ok, true);
  await writeFile(join(directory, 'main.tf'), subnets(2));
  await asRun(stackId, 'read', 'init', '-input=false');
  assert.match((await asRun(stackId, 'read', ...plan)).text, /No changes/);
  await writeFile(join(directory, 'main.tf'), subnets(3));
  assert.match((await asRun(stackId, 'write', 'apply', '-input=false', '-auto-approve')).text, /1 added/);
  const { lineage } = JSON.parse(bytes.toString()) as { lineage: string };
  assert.equal((await findCurrentVersion(server.db, stackId))?.lineage, lineage);
});
