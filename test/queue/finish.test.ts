import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { getRun, type Lease, saveApplySteps } from '../../src/db/runs.ts';
import type { ApplyOutcome, ApplyStep, PlanOutcome } from '../../src/execution/contract.ts';
import { advance } from '../../src/queue/advance.ts';
import { finish } from '../../src/queue/finish.ts';
import type { Diagnostic } from '../../src/run/failure.ts';
import { planOf, seedPlan, seedRun, seedStack } from '../pages/seed.ts';
import { failure } from '../run/examples.ts';
import { createTestDatabase } from '../support/database.ts';
import { makeWorker } from './worker.ts';

const database = await createTestDatabase();
const { db } = database;
after(() => database.drop());
const worker = makeWorker(db);

/** What a cut leaves of a character, and what an engine repeats. Neither is text that PostgreSQL keeps. */
const odd = 'a\0b\ud83d';
const kept = 'a\ufffdb\ufffd';

async function claim(runId: string): Promise<Lease> {
  const moved = await advance(db, { runId, event: { type: 'claimed' }, actor: worker.workerId });
  assert.ok(moved.ok);
  return { runId, generation: moved.run.lease_generation };
}

test('the end of an apply is recorded, whatever its outputs and errors are made of', async () => {
  const stack = await seedStack(db, 'applied', 'applied');
  const [known, late] = ['Deprecated', 'Check block assertion failed'].map((summary) => {
    return { severity: 'warning' as const, summary, detail: odd };
  }) as [Diagnostic, Diagnostic];
  const warnings = JSON.stringify([{ ...known, detail: '' }]);
  const runId = await seedRun(stack, { status: 'approved', approved_by: 'kim', warnings });
  const planId = await seedPlan(stack, runId, planOf([]));
  const lease = await claim(runId);
  await db.insertInto('applies').values({ plan_id: planId, run_id: runId }).execute();
  await advance(db, { runId, event: { type: 'apply_started' }, actor: 'kim', lease });
  const steps: ApplyStep[] = [{ address: 'a.b', action: 'create', result: 'failed', error: odd }];
  assert.ok(await saveApplySteps(db, lease, steps));
  const outputs = [{ name: 'x', text: odd }];
  const outcome: ApplyOutcome = { ok: true, steps, outputs, warnings: [known, late] };
  await finish(worker, { lease, outcome, savedPlan: null, planId });
  const run = await getRun(db, runId);
  assert.deepEqual(
    [run.status, run.outputs, run.apply_steps?.[0]?.error, run.warnings],
    [
      'finished',
      [{ name: 'x', text: kept }],
      kept,
      [
        { ...known, detail: '' },
        { ...late, detail: kept },
      ],
    ],
  );
});

test('a failed phase is recorded in the engine’s own words, whatever they are made of', async () => {
  const stack = await seedStack(db, 'failed', 'failed');
  const runId = await seedRun(stack);
  const lease = await claim(runId);
  const outcome: PlanOutcome = { ok: false, failure: { ...failure, phase: 'preparing', detail: odd } };
  await finish(worker, { lease, outcome, savedPlan: null, planId: '' });
  const run = await getRun(db, runId);
  assert.deepEqual([run.status, run.failure?.detail], ['failed', kept]);
});
