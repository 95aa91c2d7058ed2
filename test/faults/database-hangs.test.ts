import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { leaseSeconds } from '../../src/db/sweeps.ts';
import { createTestDatabase } from '../support/database.ts';
import {
  applyToTheDoor,
  approve,
  countWork,
  findTracked,
  logOf,
  openFaultWorld,
  pushEntry,
  seeTracked,
} from '../support/fault-world.ts';
import { openRelay } from '../support/relay.ts';

test('the database hangs for longer than a lease: no apply is given up, and none begins meanwhile', async (t) => {
  const database = await createTestDatabase();
  const { hostname, port } = new URL(database.url);
  const relay = await openRelay(() => ({ host: hostname, port: Number(port) }));
  const url = new URL(database.url);
  url.port = String(relay.port);
  const world = await openFaultWorld(t, {
    stacks: ['app', 'other'],
    database: { url: url.href, db: database.db },
  });
  t.after(async () => {
    await relay.close();
    await database.drop();
  });
  await world.zenfra.start();
  const second = await pushEntry(world, { stack: 'other' });
  const waiting = await seeTracked(world, second, 'unconfirmed');
  const run = await applyToTheDoor(world);

  relay.hang();
  await writeFile(world.door, '');
  await approve(world, waiting);
  await sleep((leaseSeconds + 2) * 1000);
  assert.equal((await findTracked(world, second))?.status, 'approved');
  assert.equal((await findTracked(world, run.commit_sha))?.status, 'applying');
  relay.goOn();

  const finished = await seeTracked(world, run.commit_sha, 'finished');
  assert.equal(countWork(await logOf(world, finished)), 1);
  await seeTracked(world, second, 'finished');
  assert.deepEqual(await world.ledger(), ['app', 'other']);
});
