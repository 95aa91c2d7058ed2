import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isEngineAlive } from '../../src/execution/engine-process.ts';
import { push } from '../../src/sandbox/story/act.ts';
import { buildGate } from '../../src/sandbox/story/gate.ts';
import { findEngines } from '../support/engines.ts';
import { openFaultWorld, seeTracked } from '../support/fault-world.ts';
import { eventually } from '../support/patience.ts';

test('of a worker that is killed while it plans, the next leaves neither the engine nor what it has on disk', async (t) => {
  const gate = await buildGate();
  t.after(() => gate.close());
  const world = await openFaultWorld(t);
  const { zenfra, story } = world;
  await zenfra.start();
  const files = { 'app/main.tf': gate.configuration };
  const commit = await push(story, { branch: 'main', files, message: 'Read what others have' });
  const left = await eventually('the plan to be at work', async () => {
    const [engine] = await findEngines(zenfra.directory);
    return engine?.name === 'plan' && gate.knocks() > 0 ? engine : undefined;
  });
  await zenfra.kill('SIGKILL');
  assert.equal(isEngineAlive(left), true);
  await zenfra.start();

  await eventually('the engine to be ended', () => !isEngineAlive(left) || undefined);
  gate.open();
  await seeTracked(world, commit, 'unconfirmed', 'finished');
  const work = join(zenfra.directory, 'work');
  await eventually('nothing to be left', async () => (await readdir(join(work, 'runs'))).length === 0 || undefined);
  assert.equal((await readdir(join(work, 'sources'))).length, 1, 'those of the process that runs');
});
