import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killEngines } from '../support/engines.ts';
import { applyToTheDoor, approve, findTracked, openFaultWorld, pushEntry, seeTracked } from '../support/fault-world.ts';
import { eventually } from '../support/patience.ts';

test('an apply whose worker and engine are killed has failed, is not tried again, and holds its stack', async (t) => {
  const world = await openFaultWorld(t);
  const { zenfra, db } = world;
  await zenfra.start();
  const run = await applyToTheDoor(world);
  await zenfra.kill('SIGKILL');
  await killEngines(zenfra.directory);
  await zenfra.start();

  const failed = await seeTracked(world, run.commit_sha, 'failed');
  assert.equal(failed.failure?.outcomeUnknown, true);
  assert.match(failed.failure?.detail ?? '', /Look at the log’s last lines and at the resources themselves/);
  assert.deepEqual(await db.selectFrom('applies').select('outcome').execute(), [{ outcome: 'unknown' }]);

  const commit = await pushEntry(world);
  const next = await seeTracked(world, commit, 'unconfirmed');
  await approve(world, next);
  await eventually('its worker to have looked at it', async () => {
    const found = await findTracked(world, commit);
    return (found?.status === 'approved' && found.deadline_at === null) || undefined;
  });
  assert.deepEqual(await world.ledger(), []);
});
