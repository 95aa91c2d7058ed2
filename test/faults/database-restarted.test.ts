import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { applyToTheDoor, countWork, logOf, openFaultWorld, pushEntry, seeTracked } from '../support/fault-world.ts';
import { openOwnCluster } from '../support/own-cluster.ts';
import { eventually } from '../support/patience.ts';

test('the database is killed in the middle of an apply and started again: the apply ends well, and so does the next', async (t) => {
  const cluster = await openOwnCluster();
  const world = await openFaultWorld(t, { database: cluster });
  t.after(cluster.close);
  await world.zenfra.start();
  const run = await applyToTheDoor(world);
  const acknowledged = await cluster.db.selectFrom('run_events').select('id').execute();

  await cluster.kill();
  // The engine goes on meanwhile, and finds nobody to give its state to.
  await writeFile(world.door, '');
  await eventually('the apply to be past the door', async () => (await world.ledger()).length === 1 || undefined);
  await eventually('it to be told that the database is away', async () => {
    const answer = await fetch(`${world.zenfra.url}/readyz`).catch(() => undefined);
    return answer?.status === 503 || undefined;
  });
  await cluster.start();

  await seeTracked(world, run.commit_sha, 'finished');
  assert.equal(countWork(await logOf(world, run)), 1);
  assert.deepEqual(await world.ledger(), ['app']);
  assert.equal(world.zenfra.state(), 'running', 'the process went on');
  const events = await cluster.db.selectFrom('run_events').select('id').execute();
  const known = new Set(events.map(({ id }) => id));
  assert.ok(acknowledged.every(({ id }) => known.has(id)));

  // Its provisioner is not run again for a resource that is there: nothing to do, but planned.
  const commit = await pushEntry(world, { does: 'echo once more' });
  await seeTracked(world, commit, 'finished');
});
