import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { listHolding } from '../../src/db/stacks.ts';
import { readServedVersion } from '../../src/db/state-credentials.ts';
import { findCurrentVersion } from '../../src/db/state-versions.ts';
import {
  addRun,
  addStack,
  endRun,
  type Holder,
  lock,
  type StateServer,
  save,
  startStateServer,
  stateText,
} from './state-server.ts';

let server: StateServer;
let directory: string;
before(async () => {
  server = await startStateServer();
  directory = await mkdtemp(join(tmpdir(), 'zenfra-state-'));
});
after(async () => {
  await server.close();
  await rm(directory, { recursive: true, force: true });
});

const configuration = `
terraform {
  backend "http" {}
}
resource "terraform_data" "subnet" {
  count = 3
  input = "10.0.\${count.index}.0/24"
}
output "nul" {
  value = "a\\u0000b"
}
`;

async function terraform(holder: Holder, ...args: string[]): Promise<{ code: number; text: string }> {
  const env = {
    PATH: process.env.PATH,
    HOME: directory,
    TF_IN_AUTOMATION: '1',
    CHECKPOINT_DISABLE: '1',
    TF_HTTP_ADDRESS: holder.address,
    TF_HTTP_LOCK_ADDRESS: holder.address,
    TF_HTTP_UNLOCK_ADDRESS: holder.address,
    TF_HTTP_USERNAME: holder.username,
    TF_HTTP_PASSWORD: holder.password,
    TF_HTTP_RETRY_WAIT_MIN: '1',
  };
  const options = { cwd: directory, env };
  try {
    const { stdout, stderr } = await promisify(execFile)('terraform', [...args, '-no-color'], options);
    return { code: 0, text: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, text: stdout + stderr };
  }
}

test('the real terraform plans with a read token, applies with a write token, and finds no changes after', async () => {
  await writeFile(join(directory, 'main.tf'), configuration);
  const stack = await addStack(server);
  const plan = await addRun(server, stack, 'read');
  assert.equal((await terraform(plan, 'init', '-input=false')).code, 0);
  const planned = await terraform(plan, 'plan', '-input=false', '-lock=false', '-out=saved.tfplan');
  assert.match(planned.text, /Plan: 3 to add, 0 to change, 0 to destroy/);
  assert.equal(await readServedVersion(server.db, plan.runId), null);
  await endRun(server, plan);

  const apply = await addRun(server, stack, 'write');
  const applied = await terraform(apply, 'apply', '-input=false', 'saved.tfplan');
  assert.match(applied.text, /Apply complete! Resources: 3 added/);
  assert.equal(
    await server.db.selectFrom('state_locks').selectAll().where('stack_id', '=', stack).executeTakeFirst(),
    undefined,
  );
  await endRun(server, apply);

  const again = await addRun(server, stack, 'read');
  assert.match((await terraform(again, 'plan', '-input=false', '-lock=false')).text, /No changes/);
  const current = await findCurrentVersion(server.db, stack);
  assert.equal(await readServedVersion(server.db, again.runId), current?.id);
  assert.match((await terraform(again, 'show', '-json')).text, /"address":"terraform_data.subnet\[2\]"/);
  assert.equal((await listHolding(server.db, [stack])).length, 1);
  await endRun(server, again);

  const destroy = await addRun(server, stack, 'write');
  assert.match((await terraform(destroy, 'destroy', '-input=false', '-auto-approve')).text, /3 destroyed/);
  assert.deepEqual(await listHolding(server.db, [stack]), []);
});

test('the real terraform stops where it is refused: an ended run, a plan that applies, a lock that is taken', async () => {
  await writeFile(join(directory, 'main.tf'), configuration);
  const stack = await addStack(server);
  const plan = await addRun(server, stack, 'read');
  await terraform(plan, 'init', '-input=false', '-reconfigure');
  const applied = await terraform(plan, 'apply', '-input=false', '-auto-approve');
  assert.equal(applied.code, 1);
  assert.match(applied.text, /Error acquiring the state lock/);
  await endRun(server, plan);
  const late = await terraform(plan, 'plan', '-input=false', '-lock=false');
  assert.equal(late.code, 1);
  assert.doesNotMatch(late.text, /to add/);

  const [holder, other] = [await addRun(server, stack, 'write'), await addRun(server, stack, 'write')];
  await lock(holder, 'lock-of-another-run');
  const shut = await terraform(other, 'apply', '-input=false', '-auto-approve');
  assert.equal(shut.code, 1);
  assert.match(shut.text.replace(/\s+/g, ' '), /already locked: ID=lock-of-another-run \(taken by worker@host/);
  assert.equal((await save(holder, stateText(1), 'lock-of-another-run')).status, 200);
});
