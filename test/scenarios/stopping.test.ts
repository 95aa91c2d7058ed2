import assert from 'node:assert/strict';
import { access, chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { headOf, propose, say } from '../../src/sandbox/story/act.ts';
import { seeCheck, seeComment, seeLog, seeRun } from '../../src/sandbox/story/see.ts';
import { eventually } from '../support/patience.ts';
import { offerProvider } from '../support/provider/offer.ts';
import { openScene, stacksOf } from '../support/scene.ts';

test('a server that is told to stop waits for the apply that runs, and records its end', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'zenfra-door-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const door = join(directory, 'open');
  const scene = await openScene(t, { files: stacksOf('app') });
  const pull = await propose(scene, { branch: 'wait', title: 'Wait', files: { 'app/main.tf': waitsFor(door) } });
  await seeComment(scene, pull, '🟡 Ready to apply');
  say(scene, pull, { body: '/approve' });
  const commit = headOf(scene, pull);
  const run = await seeRun(scene, { commit, type: 'tracked', status: 'applying' });
  await seeLog(scene, run, { phase: 'applying', text: 'waiting at the door' });

  const stopped = scene.stage.stop().then(() => access(door));
  const kept = leaseIsKept().catch((error: Error) => error.message);
  const early = await Promise.race([stopped.then(() => 'stopped'), kept]);
  await writeFile(door, '');
  await stopped;
  assert.equal(early, 'still applying');
  const { db } = scene.database;
  const after = await db.selectFrom('runs').select('status').where('id', '=', run.id).executeTakeFirstOrThrow();
  assert.equal(after.status, 'finished');
  const applies = await db.selectFrom('applies').select('outcome').execute();
  assert.deepEqual(applies, [{ outcome: 'succeeded' }]);

  /** Its worker renews the lease twice more while the stop is under way, and says that it lives. */
  async function leaseIsKept(): Promise<string> {
    const [leases, beats] = [new Set<number>(), new Set<number>()];
    return eventually('the lease to be renewed, and the worker to be seen', async () => {
      const row = await scene.database.db
        .selectFrom('runs')
        .innerJoin('workers', 'workers.id', 'runs.worker_id')
        .select(['status', 'lease_expires_at', 'seen_at'])
        .where('runs.id', '=', run.id)
        .executeTakeFirstOrThrow();
      if (row.status !== 'applying') return row.status;
      leases.add(row.lease_expires_at?.getTime() ?? 0);
      beats.add(row.seen_at.getTime());
      return leases.size > 2 && beats.size > 2 ? 'still applying' : undefined;
    });
  }
});

test('an apply that is canceled on its way is told as what it has changed', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'zenfra-canceled-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  await chmod(directory, 0o711);
  const { config, module } = await offerProvider(directory);
  const environment = { PATH: process.env.PATH, TF_CLI_CONFIG_FILE: config };
  const scene = await openScene(t, { files: stacksOf('app'), environment });
  const quick = 'resource "files_file" "quick" {\n  name = "quick"\n}\n';
  const slow = 'resource "files_file" "slow" {\n  name    = "slow"\n  seconds = 600\n}\n';
  const files = { 'app/main.tf': module + quick + slow };
  const pull = await propose(scene, { branch: 'slow', title: 'Slow', files });
  await seeComment(scene, pull, '🟡 Ready to apply');
  say(scene, pull, { body: '/approve' });
  const commit = headOf(scene, pull);
  const run = await seeRun(scene, { commit, type: 'tracked', status: 'applying' });
  await seeLog(scene, run, { phase: 'applying', text: 'files_file.quick: Creation complete' });
  say(scene, pull, { body: '/cancel' });
  await seeRun(scene, { commit, type: 'tracked', status: 'canceled' });
  await seeComment(scene, pull, '### ❌ Apply canceled in `app` · 1 of 2 changes were made', '`files_file.quick` | ✅');
  await seeComment(scene, pull, '🔴 Apply canceled', 'comment `/plan` to see what is left to do');
  await seeCheck(scene, commit, { name: 'zenfra/app', is: 'cancelled', title: 'Apply canceled after 1 of 2 changes' });
});

function waitsFor(door: string): string {
  return `resource "terraform_data" "thing" {
  provisioner "local-exec" {
    command = "echo waiting at the door; until [ -e '${door}' ]; do sleep 0.05; done"
  }
}
`;
}
