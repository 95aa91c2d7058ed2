import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, beforeEach, test } from 'node:test';
import { makeWorkerUtils } from 'graphile-worker';
import { sql } from 'kysely';
import { getRun, type Run } from '../../src/db/runs.ts';
import { holdStack, listHolds, releaseHolds } from '../../src/db/stack-holds.ts';
import { transact } from '../../src/db/transact.ts';
import { explainWait } from '../../src/db/waits.ts';
import type { ApplyOutcome } from '../../src/execution/contract.ts';
import { advance, advanceIn } from '../../src/queue/advance.ts';
import { finish } from '../../src/queue/finish.ts';
import { startPhase } from '../../src/queue/start.ts';
import { sweep } from '../../src/queue/sweep.ts';
import { addStartJob, wakeNextOnStack } from '../../src/queue/wake.ts';
import { planOf, type Seeded, seedPlan, seedRun, seedStack } from '../pages/seed.ts';
import { createTestDatabase } from '../support/database.ts';
import { seeWaitingForStack } from '../support/see-waiting.ts';
import { forgetJobs, listJobs, makeWorker, patientRunner } from './worker.ts';

const database = await createTestDatabase();
const { db } = database;
const jobs = await makeWorkerUtils({ pgPool: database.pool });
after(async () => {
  await jobs.release();
  await database.drop();
});

const worker = makeWorker(db);
const sweepNow = () => sweep({ ...worker, jobs });
let stack: Seeded;
let stacks = 0;

beforeEach(async () => {
  stacks += 1;
  // What an earlier test left waiting is not this one's.
  await sql`update runs set status = 'canceled', ended_at = now() where ended_at is null`.execute(db);
  stack = await seedStack(db, `stack-${stacks}`, `stacks/${stacks}`);
  await forgetJobs(db);
});

const statusOf = async (runId: string) => (await getRun(db, runId)).status;
const woken = async () => (await listJobs(db)).filter(({ task }) => task === 'start_phase').map(({ key }) => key);

test('two workers that are woken for one run: one takes it', async () => {
  const runId = await seedRun(stack);
  const [one, two] = [patientRunner(), patientRunner()];
  const both = Promise.all([one, two].map((runner) => startPhase(makeWorker(db, runner.start), runId)));
  while (one.started.length + two.started.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  for (const runner of [one, two]) runner.end();
  await both;
  assert.equal(one.started.length + two.started.length, 1);
  const run = await getRun(db, runId);
  assert.deepEqual([run.attempt, run.lease_generation], [1, 1]);
});

test('two workers that are woken for two runs of a stack at once: the older goes first', async () => {
  const older = await seedRun(stack);
  const newer = await seedRun(stack);
  const patient = patientRunner();
  const both = [newer, older].map((runId) => startPhase(makeWorker(db, patient.start), runId));
  while (patient.started.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual([await statusOf(older), await statusOf(newer)], ['preparing', 'queued']);
  patient.end();
  await Promise.all(both);
});

test('plan-only runs of a stack go on at the same time, beside a tracked one', async () => {
  await seedRun(stack, { status: 'applying' });
  const ids = [await seedRun(stack, { type: 'plan_only' }), await seedRun(stack, { type: 'plan_only' })];
  const patient = patientRunner();
  const both = ids.map((runId) => startPhase(makeWorker(db, patient.start), runId));
  while (patient.started.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  patient.end();
  await Promise.all(both);
});

test('the end of a run wakes the next on its stack, an adopted one before an older', async () => {
  const holder = await seedRun(stack, { status: 'unconfirmed' });
  const older = await seedRun(stack);
  const planRun = await seedRun(stack, { type: 'plan_only', status: 'finished', ended_at: new Date() });
  const planId = await seedPlan(stack, planRun, planOf([]));
  const adopted = await seedRun(stack, { adopted_plan_id: planId, approved_by: 'kim' });
  assert.equal(
    await explainWait(db, await getRun(db, older)),
    `waits for run #${await numberOf(holder)} (Needs approval), place 2 in the queue`,
  );
  await advance(db, { runId: holder, event: { type: 'discarded', by: '@kim' }, actor: 'kim' });
  assert.deepEqual(await woken(), [`run:${adopted}`]);
  assert.equal(
    await explainWait(db, await getRun(db, older)),
    `waits for run #${await numberOf(adopted)} (Queued), place 2 in the queue`,
  );
  await advance(db, { runId: adopted, event: { type: 'cancel_requested', by: '@kim' }, actor: 'kim' });
  assert.deepEqual(await woken(), [`run:${adopted}`, `run:${older}`]);
});

const numberOf = async (runId: string) => (await getRun(db, runId)).number;

test('applies are taken before tracked runs, and those before plans', async () => {
  const runs: [string, Partial<Run>][] = [
    ['plan', { type: 'plan_only' }],
    ['tracked', {}],
    ['apply', { status: 'approved' }],
  ];
  const names = new Map<string, string>();
  for (const [name, more] of runs) {
    stack = await seedStack(db, `order-${name}`, `order/${name}`);
    const runId = await seedRun(stack, more as object);
    names.set(`run:${runId}`, name);
    await addStartJob(db, await getRun(db, runId));
  }
  assert.deepEqual(
    (await woken()).map((key) => names.get(key)),
    ['apply', 'tracked', 'plan'],
  );
});

test('waking a run twice is one job', async () => {
  const run = await getRun(db, await seedRun(stack));
  await addStartJob(db, run);
  await addStartJob(db, run);
  assert.equal((await woken()).length, 1);
});

async function hold(pull: number | null): Promise<void> {
  await transact(db, (trx) =>
    holdStack(trx, {
      stack_id: stack.stackId,
      reason: pull === null ? 'person' : 'pull_request',
      pull_request_number: pull,
      run_id: null,
      note: 'Somebody holds it.',
      created_by: 'lee',
    }),
  );
}

test('a hold keeps an approved run of others from applying, without a deadline, until it is released', async () => {
  const runId = await seedRun(stack, { status: 'approved', approved_by: 'kim', deadline_at: new Date() });
  await hold(8);
  await startPhase(worker, runId);
  const run = await getRun(db, runId);
  assert.deepEqual([run.status, run.attempt, run.deadline_at], ['approved', 0, null]);
  assert.equal(await explainWait(db, run), 'waits until the stack is released: Somebody holds it.');
  await sweepNow();
  assert.deepEqual(await woken(), []);
  const [held] = await listHolds(db, [stack.stackId]);
  await releaseHolds(db, [held?.id ?? 0], 'lee');
  await wakeNextOnStack(db, stack.stackId);
  assert.deepEqual(await woken(), [`run:${runId}`]);
  assert.ok((await getRun(db, runId)).deadline_at, 'it waits for a worker now, and not for ever');
});

test('the release of a stack does not wake who waits for the run that was held: that one’s day to find a worker is not spent', async () => {
  const held = await seedRun(stack, { status: 'approved', approved_by: 'kim' });
  const behind = await seedRun(stack);
  await wakeNextOnStack(db, stack.stackId);
  assert.deepEqual(await woken(), [`run:${held}`]);
  assert.equal((await getRun(db, behind)).deadline_at, null);
});

test('a pull request’s own hold does not keep its own run back', async () => {
  const runId = await seedRun(stack, { status: 'approved', approved_by: 'kim', pull_request_number: 7 });
  await seedPlan(stack, runId, planOf([]));
  await hold(7);
  await startPhase(worker, runId);
  assert.equal((await getRun(db, runId)).attempt, 1);
});

test('the hold of a pull request ends with the apply that made it, if of that nothing was begun', async () => {
  for (const nothingBegun of [true, false]) {
    const own = await seedStack(db, `held-${nothingBegun}`, `held/${nothingBegun}`);
    const runId = await seedRun(own, { status: 'approved', pull_request_number: 4, approved_by: 'kim' });
    const actor = worker.workerId;
    const claimed = await advance(db, { runId, event: { type: 'claimed' }, actor });
    assert.ok(claimed.ok);
    const lease = { runId, generation: claimed.run.lease_generation };
    await advance(db, { runId, event: { type: 'apply_started' }, actor, lease });
    const hold = { stack_id: own.stackId, reason: 'pull_request', note: 'n', created_by: 'kim' } as const;
    await transact(db, (trx) => holdStack(trx, { ...hold, pull_request_number: 4, run_id: runId }));
    const failure = { phase: 'applying', reason: 'refused', headline: 'h', detail: 'd', diagnostics: [] } as const;
    const outcome: ApplyOutcome = {
      ...{ ok: false, steps: [], failure: { ...failure, diagnostics: [] } },
      ...(nothingBegun ? { nothingBegun } : {}),
    };
    await finish(worker, { lease, outcome, savedPlan: null, planId: randomUUID() });
    assert.equal((await listHolds(db, [own.stackId])).length, nothingBegun ? 0 : 1);
  }
});

test('a hold does not keep plans back', async () => {
  const runId = await seedRun(stack);
  await hold(8);
  await startPhase(worker, runId);
  assert.equal(await statusOf(runId), 'finished');
});

test('holding a stack twice for one reason is one hold', async () => {
  await hold(8);
  await hold(9);
  assert.deepEqual(
    (await listHolds(db, [stack.stackId])).map((one) => one.pull_request_number),
    [8],
  );
});

/** The time that a run waits for is moved, and not the clock. */
async function pass(runId: string): Promise<void> {
  await sql`update runs set deadline_at = clock_timestamp() - interval '1 second' where id = ${runId}`.execute(db);
}

for (const [status, ends, says] of [
  ['queued', 'failed', 'No worker took this run within 24 hours'],
  ['approved', 'failed', 'No worker took this run within 24 hours'],
  ['unconfirmed', 'discarded', 'Discarded: nobody approved it within 7 days'],
] as const) {
  test(`a run that is ${status} for too long is ${ends}, and wakes the next`, async () => {
    const runId = await seedRun(stack, { status });
    const next = await seedRun(stack);
    await pass(runId);
    await sweepNow();
    const run = await getRun(db, runId);
    assert.deepEqual([run.status, run.failure?.headline ?? run.ended_because], [ends, says]);
    assert.ok((await woken()).includes(`run:${next}`));
  });
}

test('the deadline of a run that an approved plan has overtaken ends nothing; it has a day anew when its turn comes', async () => {
  const overtaken = await seedRun(stack);
  const planRun = await seedRun(stack, { type: 'plan_only', status: 'finished', ended_at: new Date() });
  const planId = await seedPlan(stack, planRun, planOf([]));
  const adopted = await seedRun(stack, { adopted_plan_id: planId, approved_by: 'kim' });
  await pass(overtaken);
  await sweepNow();
  const waiting = await getRun(db, overtaken);
  assert.deepEqual([waiting.status, waiting.deadline_at], ['queued', null]);
  await advance(db, { runId: adopted, event: { type: 'cancel_requested', by: '@kim' }, actor: 'kim' });
  assert.ok((await getRun(db, overtaken)).deadline_at);
});

test('the end of a run that only waited leaves those behind it waiting for who is active, without a deadline', async () => {
  await seedRun(stack, { status: 'unconfirmed' });
  const first = await seedRun(stack);
  const second = await seedRun(stack);
  await advance(db, { runId: first, event: { type: 'cancel_requested', by: '@kim' }, actor: 'kim' });
  assert.deepEqual([(await getRun(db, second)).deadline_at, await woken()], [null, []]);
});

test('a run that is approved while the sweep waits for its stack is not ended for the week before', async () => {
  const runId = await seedRun(stack, { status: 'unconfirmed' });
  await pass(runId);
  const sweeping = await db.transaction().execute(async (trx) => {
    await trx.selectFrom('stacks').select('id').where('id', '=', stack.stackId).forUpdate().execute();
    const waiting = sweepNow();
    await seeWaitingForStack(db, 1);
    await advanceIn(trx, { runId, event: { type: 'approved', by: 'kim' }, actor: 'kim' });
    return { waiting };
  });
  await sweeping.waiting;
  assert.equal(await statusOf(runId), 'approved');
});

test('before its deadline a run waits on', async () => {
  const runId = await seedRun(stack, { status: 'unconfirmed', deadline_at: new Date(Date.now() + 60_000) });
  await sweepNow();
  assert.equal(await statusOf(runId), 'unconfirmed');
});

test('deadlines are the database’s: a day for a worker, a week for a person', async () => {
  const days = async (runId: string) => {
    const { rows } = await sql<{ days: number }>`
      select round(extract(epoch from deadline_at - status_since) / 86400)::int as days from runs where id = ${runId}`.execute(
      db,
    );
    return rows[0]?.days;
  };
  const runId = await seedRun(stack, { status: 'planning', lease_generation: 1, lease_expires_at: new Date() });
  const event = { type: 'plan_finished' as const, hasChanges: true, autoApply: false };
  await advance(db, { runId, event, actor: worker.workerId });
  assert.equal(await days(runId), 7);
  await advance(db, { runId, event: { type: 'approved', by: 'kim' }, actor: 'kim' });
  assert.equal(await days(runId), 1);
});

/** As if the run had waited since before the sweep's patience. */
async function forgotten(more: object = {}): Promise<string> {
  return seedRun(stack, { status_since: new Date(Date.now() - 10_000), ...more });
}

test('a run whose wake-up was lost is woken by the sweep', async () => {
  const runId = await forgotten();
  await sweepNow();
  assert.deepEqual(await woken(), [`run:${runId}`]);
});

test('a run whose only job died with its worker gets a new one', async () => {
  const runId = await forgotten();
  await addStartJob(db, await getRun(db, runId));
  await sql`update graphile_worker._private_jobs set attempts = max_attempts where key = ${`run:${runId}`}`.execute(db);
  assert.deepEqual(await woken(), []);
  await sweepNow();
  assert.deepEqual(await woken(), [`run:${runId}`]);
});

test('a run that waits for another is not woken before that has ended', async () => {
  await seedRun(stack, { status: 'unconfirmed' });
  await forgotten();
  const planOnly = await forgotten({ type: 'plan_only' });
  await sweepNow();
  assert.deepEqual(await woken(), [`run:${planOnly}`]);
});

test('several servers sweep at once, and each thing is done once', async () => {
  const runId = await seedRun(stack, { status: 'unconfirmed' });
  await pass(runId);
  await Promise.all(Array.from({ length: 6 }, sweepNow));
  const events = await db.selectFrom('run_events').select('event').where('run_id', '=', runId).execute();
  assert.deepEqual(events, [{ event: 'deadline_passed' }]);
});
