import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSoak } from './run-soak.ts';

const seed = 20_260_301;

test(`people at work while processes, engines, the database, connections and GitHub fail (seed ${seed}): no promise is broken`, async (t) => {
  const report = await runSoak({ seconds: 18, seed, tell: (line) => t.diagnostic(line) });
  t.diagnostic(JSON.stringify(report));
  assert.deepEqual(report.violations, []);
  assert.ok(report.applies > 0, 'something was applied');
  assert.ok(Object.keys(report.faults).length >= 5, 'at least five kinds of faults');
});
