import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Announcer } from '../../src/db/announce.ts';
import { findRun } from '../../src/db/runs.ts';
import type { ApplyStep } from '../../src/execution/contract.ts';
import { saveProgress } from '../../src/queue/save-progress.ts';
import { until } from '../../src/sandbox/story/until.ts';
import { seedRun, seedStack } from '../pages/seed.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let base: TestDatabase;
before(async () => {
  base = await createTestDatabase();
});
after(() => base.drop());

const stepsOf = (count: number): ApplyStep[] =>
  Array.from({ length: count }, (_, n) => ({ address: `a.r${n}`, action: 'create', result: 'started' }));

/** An applying run of generation 2, a saver for a lease, and what was announced. */
async function openSaver(generation: number) {
  const stack = await seedStack(base.db, `stack-${generation}`);
  const runId = await seedRun(stack, {
    ...{ status: 'applying', lease_generation: 2 },
    lease_expires_at: new Date(Date.now() + 60_000),
  });
  const announced: string[] = [];
  const announcer: Announcer = { announce: (topic) => announced.push(topic), close: async () => {} };
  const saver = saveProgress(base.db, { runId, generation }, announcer);
  const saved = async () => (await findRun(base.db, runId))?.apply_steps?.length ?? 0;
  return { saver, saved, announced };
}

test('a burst of steps becomes two writes, of which the second has the last', async (t) => {
  const { saver, saved, announced } = await openSaver(2);
  for (let count = 1; count <= 200; count += 1) saver.save(stepsOf(count));
  await until(t.signal, {
    expected: 'the last of the steps',
    look: async () => ((await saved()) === 200 ? true : undefined),
    seen: async () => `${await saved()} steps`,
  });
  await saver.close();
  assert.deepEqual(announced, ['run', 'run']);
});

test('a worker that has lost the run writes nothing', async () => {
  const { saver, saved, announced } = await openSaver(1);
  saver.save(stepsOf(3));
  await saver.close();
  assert.equal(await saved(), 0);
  assert.deepEqual(announced, []);
});
