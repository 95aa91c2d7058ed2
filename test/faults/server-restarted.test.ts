import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { applyToTheDoor, openFaultWorld, seeTracked } from '../support/fault-world.ts';

/** Longer than the three tries that an engine makes of itself, which take three seconds. */
const awayMs = 8_000;

test('the server is away while the engine saves its state: the apply waits for it, and ends well', async (t) => {
  const world = await openFaultWorld(t);
  const { zenfra, db } = world;
  await zenfra.start({ role: 'server' });
  const worker = await zenfra.beside();
  await worker.start({ role: 'worker' });
  const run = await applyToTheDoor(world);
  await zenfra.kill('SIGKILL');
  await writeFile(world.door, '');
  // The fault itself: there is nothing to be seen while nobody is there.
  await sleep(awayMs);
  await zenfra.start({ role: 'server' });
  await seeTracked(world, run.commit_sha, 'finished');
  assert.deepEqual(await world.ledger(), ['app']);
  assert.equal((await db.selectFrom('state_versions').select('serial').execute()).length, 1);
  assert.deepEqual(await db.selectFrom('state_locks').select('lock_id').execute(), []);
});
