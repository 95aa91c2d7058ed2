import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { getRun, type Lease } from '../../src/db/runs.ts';
import { isConstraintViolation } from '../../src/db/violations.ts';
import { advance, advanceIn } from '../../src/queue/advance.ts';
import { planOf, type Seeded, seedPlan, seedRun, seedStack } from '../pages/seed.ts';
import { failure } from '../run/examples.ts';
import { createTestDatabase } from '../support/database.ts';
import { forgetJobs, historyOf, listJobs } from './worker.ts';

const worker = '0199a5f0-8d3e-7c44-b5a0-0f6d6a1c9e22';

const database = await createTestDatabase();
after(() => database.drop());
const { db } = database;
let stacks = 0;

/** A stack of its own for each test, and no job from another. */
async function newStack(): Promise<Seeded> {
  stacks += 1;
  await forgetJobs(db);
  return seedStack(db, `stack-${stacks}`, `stacks/${stacks}`);
}

const claimed = { type: 'claimed' as const };

async function claim(runId: string): Promise<Lease> {
  const moved = await advance(db, { runId, event: claimed, actor: worker });
  assert.ok(moved.ok);
  return { runId, generation: moved.run.lease_generation };
}

test('a step writes the status, the event, the phases and the jobs', async () => {
  const stack = await newStack();
  const waiting = await seedRun(stack);
  const runId = await seedRun(stack, { status: 'unconfirmed', pull_request_number: 7 });
  const moved = await advance(db, { runId, event: { type: 'discarded', by: '@kim' }, actor: 'kim' });
  assert.ok(moved.ok);
  assert.deepEqual(await historyOf(db, runId), {
    status: 'discarded',
    events: ['discarded: unconfirmed → discarded by kim'],
    phases: [],
  });
  assert.equal(moved.run.ended_because, 'Discarded by @kim');
  assert.ok(moved.run.ended_at);
  assert.deepEqual(await listJobs(db), [
    { task: 'report_run', key: `report:run:${runId}`, priority: 0, maxAttempts: 25 },
    { task: 'report_pull_request', key: 'report:pull:7:7', priority: 0, maxAttempts: 25 },
    { task: 'start_phase', key: `run:${waiting}`, priority: 10, maxAttempts: 1 },
  ]);
});

test('a transaction that is rolled back leaves neither status nor event nor job', async () => {
  const stack = await newStack();
  const runId = await seedRun(stack, { status: 'unconfirmed' });
  const before = await getRun(db, runId);
  const undone = db.transaction().execute(async (trx) => {
    const moved = await advanceIn(trx, { runId, event: { type: 'approved', by: 'kim' }, actor: 'kim' });
    assert.ok(moved.ok);
    throw new Error('something else went wrong');
  });
  await assert.rejects(undone, /something else went wrong/);
  assert.deepEqual(await getRun(db, runId), before);
  assert.deepEqual(await historyOf(db, runId), { status: 'unconfirmed', events: [], phases: [] });
  assert.deepEqual(await listJobs(db), []);
});

test('a refused event writes nothing and says why', async () => {
  const stack = await newStack();
  const runId = await seedRun(stack);
  const before = await getRun(db, runId);
  const moved = await advance(db, { runId, event: { type: 'approved', by: 'kim' }, actor: 'kim' });
  assert.deepEqual(moved, {
    ok: false,
    why: 'This run is queued; only a run that needs approval can be approved.',
  });
  assert.deepEqual(await getRun(db, runId), before);
  assert.deepEqual(await historyOf(db, runId), { status: 'queued', events: [], phases: [] });
  assert.deepEqual(await listJobs(db), []);
});

test('a run that does not exist is a refusal', async () => {
  const runId = '00000000-0000-7000-8000-000000000000';
  assert.deepEqual(await advance(db, { runId, event: claimed, actor: worker }), {
    ok: false,
    why: `There is no run ${runId}.`,
  });
});

test('a claim gives the worker a lease of its own and counts the attempt', async () => {
  const stack = await newStack();
  const runId = await seedRun(stack, { type: 'plan_only' });
  const lease = await claim(runId);
  const run = await getRun(db, runId);
  assert.deepEqual([run.status, run.attempt, run.lease_generation, run.deadline_at], ['preparing', 1, 1, null]);
  assert.equal(lease.generation, 1);
  assert.ok(run.lease_expires_at && run.started_at && run.lease_expires_at > run.started_at);
});

test('the phases of a run tell its history, and only one is under way', async () => {
  const stack = await newStack();
  const runId = await seedRun(stack);
  const lease = await claim(runId);
  const step = async (event: Parameters<typeof advance>[1]['event'], mine?: Lease) => {
    const moved = await advance(db, { runId, event, actor: worker, ...(mine ? { lease: mine } : {}) });
    assert.ok(moved.ok, moved.ok ? '' : moved.why);
    return moved.run;
  };
  await step({ type: 'initializing_started' }, lease);
  await step({ type: 'planning_started' }, lease);
  await step({ type: 'plan_finished', hasChanges: true, autoApply: false }, lease);
  assert.deepEqual((await historyOf(db, runId)).phases, [
    'preparing: succeeded',
    'initializing: succeeded',
    'planning: succeeded',
    'approved: under way (waits for approval)',
  ]);
  await step({ type: 'approved', by: 'kim' });
  const again = await claim(runId);
  assert.equal(again.generation, 2);
  await step({ type: 'apply_started' }, again);
  await step({ type: 'apply_finished' }, again);
  assert.deepEqual((await historyOf(db, runId)).phases.slice(3), [
    'approved: succeeded (by kim)',
    'applying: succeeded',
    'finished: succeeded',
  ]);
});

test('an approval counts attempts anew: those of the plan do not use up those of the apply', async () => {
  const stack = await newStack();
  const runId = await seedRun(stack, { status: 'unconfirmed', attempt: 3 });
  await advance(db, { runId, event: { type: 'approved', by: 'kim' }, actor: 'kim' });
  const run = await getRun(db, runId);
  assert.deepEqual([run.attempt, run.approved_by], [0, 'kim']);
  assert.ok(run.approved_at);
});

test('the lease ends with the execution', async () => {
  const stack = await newStack();
  const runId = await seedRun(stack);
  const lease = await claim(runId);
  await advance(db, { runId, event: { type: 'phase_failed', failure }, actor: worker, lease });
  const run = await getRun(db, runId);
  assert.deepEqual([run.status, run.lease_expires_at, run.worker_id], ['failed', null, null]);
  assert.deepEqual(run.failure, failure);
});

test('an event of a worker that has lost the run is refused, and nothing is written', async () => {
  const stack = await newStack();
  const runId = await seedRun(stack);
  const old = await claim(runId);
  await advance(db, { runId, event: { type: 'worker_lost', applyStarted: false }, actor: 'zenfra' });
  const late = { runId, event: { type: 'initializing_started' as const }, actor: worker, lease: old };
  const refusal = { ok: false, why: 'Another worker has this run, or it has ended.', leaseLost: true };
  assert.deepEqual(await advance(db, late), refusal, 'nobody has it');
  await claim(runId);
  assert.deepEqual(await advance(db, late), refusal, 'another has it');
  assert.equal((await getRun(db, runId)).status, 'preparing');
});

test('the database itself refuses a second active run on a stack', async () => {
  const stack = await newStack();
  await seedRun(stack, { status: 'unconfirmed' });
  const second = await seedRun(stack);
  await assert.rejects(advance(db, { runId: second, event: claimed, actor: worker }), (error) =>
    isConstraintViolation(error, 'runs_one_active_per_stack'),
  );
  assert.deepEqual(await historyOf(db, second), { status: 'queued', events: [], phases: [] });
});

for (const [rule, wrong] of [
  ['runs_plan_only_never_applies', { type: 'plan_only', status: 'approved' }],
  ['runs_ended_at_is_set_with_the_end', { status: 'finished' }],
  ['runs_failure_is_told', { status: 'failed', ended_at: new Date() }],
] as const) {
  test(`the database itself keeps the rule ${rule}`, async () => {
    const stack = await newStack();
    await assert.rejects(seedRun(stack, wrong), (error) => isConstraintViolation(error, rule));
  });
}

test('the database itself refuses a second use of a plan, and a second apply of a run', async () => {
  const stack = await newStack();
  const [first, second] = [await seedRun(stack), await seedRun(stack)];
  const [plan_id, other] = [await seedPlan(stack, first, planOf([])), await seedPlan(stack, second, planOf([]))];
  const use = (values: { plan_id: string; run_id: string }) => db.insertInto('applies').values(values).execute();
  await use({ plan_id, run_id: first });
  await assert.rejects(use({ plan_id, run_id: second }), (error) =>
    isConstraintViolation(error, 'applies_a_plan_is_used_once'),
  );
  await assert.rejects(use({ plan_id: other, run_id: first }), (error) =>
    isConstraintViolation(error, 'applies_one_per_run'),
  );
});

test('many at once move one run through each step once', async () => {
  const stack = await newStack();
  const runId = await seedRun(stack, { status: 'unconfirmed' });
  const approvals = ['kim', 'lee', 'ada', 'bob'].map((by) =>
    advance(db, { runId, event: { type: 'approved', by }, actor: by }),
  );
  const won = (await Promise.all(approvals)).filter(({ ok }) => ok);
  assert.equal(won.length, 1);
  assert.equal((await historyOf(db, runId)).events.length, 1);
});
