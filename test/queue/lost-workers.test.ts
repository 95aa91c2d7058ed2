import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, beforeEach, test } from 'node:test';
import { makeWorkerUtils } from 'graphile-worker';
import { sql } from 'kysely';
import { addJob } from '../../src/db/jobs.ts';
import { appendLog } from '../../src/db/log-chunks.ts';
import { extendLease, getRun, type Lease } from '../../src/db/runs.ts';
import { listHolds } from '../../src/db/stack-holds.ts';
import { leaseSeconds } from '../../src/db/sweeps.ts';
import { seeProcess } from '../../src/db/workers.ts';
import { LeaseLost } from '../../src/execution/contract.ts';
import { advance } from '../../src/queue/advance.ts';
import { finish } from '../../src/queue/finish.ts';
import { adoption } from '../../src/queue/readopt.ts';
import { adoptionSeconds } from '../../src/queue/reap.ts';
import { makeSink } from '../../src/queue/sink.ts';
import { startPhase } from '../../src/queue/start.ts';
import { sweep } from '../../src/queue/sweep.ts';
import { runTasks } from '../../src/queue/tasks.ts';
import type { Runner } from '../../src/runners/runner.ts';
import { planOf, type Seeded, seedPlan, seedRun, seedStack } from '../pages/seed.ts';
import { createTestDatabase } from '../support/database.ts';
import { eventually } from '../support/patience.ts';
import { seeWaitingForStack } from '../support/see-waiting.ts';
import {
  applied,
  forgetJobs,
  historyOf,
  listJobs,
  makeWorker,
  noChanges,
  patientRunner,
  savedPlan,
  sweepForLong,
} from './worker.ts';

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
  stack = await seedStack(db, `stack-${stacks}`, `stacks/${stacks}`);
  await forgetJobs(db);
  await sweepForLong(db);
});

async function claim(runId: string): Promise<Lease> {
  const moved = await advance(db, { runId, event: { type: 'claimed' }, actor: worker.workerId });
  assert.ok(moved.ok, moved.ok ? '' : moved.why);
  return { runId, generation: moved.run.lease_generation };
}

/** As if the worker had been silent for longer than its lease. */
async function expire(runId: string, seconds = 1): Promise<void> {
  await sql`update runs set lease_expires_at = clock_timestamp() - make_interval(secs => ${seconds})
    where id = ${runId}`.execute(db);
}

test('an apply that began after its dead worker was looked at is not started again', async () => {
  const [first, second] = [randomUUID(), randomUUID()];
  for (const [id, pid] of [
    [first, 100],
    [second, 101],
  ] as const) {
    const process = { id, host: 'here', pid, place: 'here', startTime: '1', slots: 1 };
    await seeProcess(db, { ...process, jobWorkers: [], engines: [], isolation: null });
  }
  const other = await seedStack(db, `other-${stacks}`, `other/${stacks}`);
  const [planning, applying] = [await seedRun(stack), await seedRun(other, { status: 'approved', approved_by: 'kim' })];
  const planId = await seedPlan(other, applying, planOf([]));
  const lease = { runId: applying, generation: 1 };
  await advance(db, { runId: planning, event: { type: 'claimed' }, actor: first });
  await advance(db, { runId: applying, event: { type: 'claimed' }, actor: second });
  const dead = new Set([100]);
  const fateOf: Runner['fateOf'] = ({ pid }) => (dead.has(pid) ? 'dead' : 'alive');
  const { look, done } = adoption({ ...worker, runner: { ...worker.runner, fateOf } });
  const looked = await db.transaction().execute(async (trx) => {
    await trx.selectFrom('stacks').select('id').where('id', '=', stack.stackId).forUpdate().execute();
    const looking = look();
    await seeWaitingForStack(db, 1);
    await db.insertInto('applies').values({ plan_id: planId, run_id: applying, place: 'here' }).execute();
    await advance(db, { runId: applying, event: { type: 'apply_started' }, actor: 'kim', lease });
    dead.add(101);
    return { looking };
  });
  await looked.looking;
  assert.equal((await getRun(db, planning)).status, 'queued');
  assert.equal((await getRun(db, applying)).status, 'applying');
  await look();
  await done();
  const { events } = await historyOf(db, applying);
  assert.ok(
    events.some((event) => event.includes('readopted')),
    events.join(', '),
  );
});

test('a worker that is lost while it plans is replaced twice; lost a third time, the run has failed', async () => {
  const runId = await seedRun(stack);
  for (const attempt of [1, 2]) {
    await claim(runId);
    await expire(runId);
    await sweepNow();
    const run = await getRun(db, runId);
    assert.deepEqual([run.status, run.attempt, run.lease_expires_at], ['queued', attempt, null]);
    assert.ok((await listJobs(db)).some(({ key }) => key === `run:${runId}`));
    assert.deepEqual((await historyOf(db, runId)).phases, [
      'preparing: failed',
      `queued: under way (the worker was lost; attempt ${attempt + 1} of 3)`,
    ]);
  }
  await claim(runId);
  await expire(runId);
  await sweepNow();
  const run = await getRun(db, runId);
  assert.deepEqual([run.status, run.failure?.headline], ['failed', 'The worker was lost 3 times']);
  assert.deepEqual(await listHolds(db, [stack.stackId]), []);
});

test('a worker that renews its lease keeps its run', async () => {
  const runId = await seedRun(stack);
  const lease = await claim(runId);
  await expire(runId);
  assert.deepEqual(await extendLease(db, lease, leaseSeconds), { held: true, cancel: false });
  await sweepNow();
  assert.equal((await getRun(db, runId)).status, 'preparing');
});

test('after a time in which nobody looked, a worker has as long as a lease to say something before its run is taken away', async () => {
  const runId = await seedRun(stack);
  await claim(runId);
  await expire(runId);
  await sql`delete from settings where key = 'sweep'`.execute(db);
  await sweepNow();
  assert.equal((await getRun(db, runId)).status, 'preparing');
  await sweepForLong(db);
  await sweepNow();
  assert.equal((await getRun(db, runId)).status, 'queued');
});

test('a worker that renews its lease while the sweep waits for the stack keeps its run', async () => {
  const runId = await seedRun(stack);
  const lease = await claim(runId);
  await expire(runId);
  const sweeping = await db.transaction().execute(async (trx) => {
    await trx.selectFrom('stacks').select('id').where('id', '=', stack.stackId).forUpdate().execute();
    const waiting = sweepNow();
    await seeWaitingForStack(db, 1);
    await extendLease(db, lease, leaseSeconds);
    return { waiting };
  });
  await sweeping.waiting;
  assert.equal((await getRun(db, runId)).status, 'preparing');
});

test('a worker that is lost before it used the plan leaves an approved run, which is applied by another', async () => {
  const runId = await seedRun(stack, { status: 'approved', approved_by: 'kim' });
  await claim(runId);
  await expire(runId);
  await sweepNow();
  assert.equal((await getRun(db, runId)).status, 'approved');
  assert.ok((await listJobs(db)).some(({ key, priority }) => key === `run:${runId}` && priority === 0));
});

test('a worker that is lost after it used the plan leaves an unknown outcome and a held stack, and is not replaced', async () => {
  const runId = await seedRun(stack, { status: 'approved', approved_by: 'kim' });
  const planId = await seedPlan(stack, runId, planOf([]));
  await claim(runId);
  await db.insertInto('applies').values({ plan_id: planId, run_id: runId }).execute();
  await expire(runId, adoptionSeconds + 1);
  await sweepNow();
  const run = await getRun(db, runId);
  assert.deepEqual([run.status, run.failure?.outcomeUnknown], ['failed', true]);
  assert.equal(run.failure?.headline, 'The worker was lost while it applied; what was done is unknown');
  const [hold] = await listHolds(db, [stack.stackId]);
  assert.deepEqual([hold?.reason, hold?.run_id], ['outcome_unknown', runId]);
  assert.equal(hold?.note, `Nobody knows how the apply of run #${run.number} ended, or what it did.`);
  assert.deepEqual(
    (await listJobs(db)).filter(({ task }) => task === 'start_phase'),
    [],
  );
});

test('a plan that was used while the sweep waited counts as used', async () => {
  const runId = await seedRun(stack, { status: 'approved', approved_by: 'kim' });
  const planId = await seedPlan(stack, runId, planOf([]));
  await claim(runId);
  await expire(runId, adoptionSeconds + 1);
  const sweeping = await db.transaction().execute(async (trx) => {
    await trx.selectFrom('stacks').select('id').where('id', '=', stack.stackId).forUpdate().execute();
    const waiting = sweepNow();
    await seeWaitingForStack(db, 1);
    await trx.insertInto('applies').values({ plan_id: planId, run_id: runId }).execute();
    return { waiting };
  });
  await sweeping.waiting;
  assert.equal((await getRun(db, runId)).failure?.outcomeUnknown, true);
});

test('a lost worker of a run that was being canceled ends it', async () => {
  const runId = await seedRun(stack);
  await claim(runId);
  await advance(db, { runId, event: { type: 'cancel_requested', by: '@kim' }, actor: 'kim' });
  await expire(runId);
  await sweepNow();
  const run = await getRun(db, runId);
  assert.deepEqual([run.status, run.ended_because], ['canceled', 'Canceled by @kim']);
});

test('of what a worker does after it has lost the run, nothing is written', async () => {
  const runId = await seedRun(stack);
  const lease = await claim(runId);
  assert.equal(await appendLog(db, lease, { phase: 'preparing', seq: 1, bytes: Buffer.from('mine\n') }), true);
  await expire(runId);
  await sweepNow();
  await assertFencedOff(runId, lease);
  await claim(runId);
  await assertFencedOff(runId, lease);
});

async function assertFencedOff(runId: string, lease: Lease): Promise<void> {
  const run = await getRun(db, runId);
  const sink = makeSink(worker, { run, lease, signal: new AbortController().signal });
  await assert.rejects(sink.log('preparing', Buffer.from('late\n')), LeaseLost);
  await assert.rejects(sink.enter('initializing'), LeaseLost);
  const ended = { lease, outcome: noChanges, savedPlan: savedPlan(), planId: '00000000-0000-7000-8000-000000000001' };
  await assert.rejects(finish(worker, ended), LeaseLost);
  assert.deepEqual(await extendLease(db, lease, leaseSeconds), { held: false, cancel: false });
  assert.deepEqual(await db.selectFrom('plans').select('id').where('run_id', '=', runId).execute(), []);
  const log = await db.selectFrom('log_chunks').select('bytes').where('run_id', '=', runId).execute();
  assert.equal(Buffer.concat(log.map(({ bytes }) => bytes)).toString(), 'mine\n');
  assert.equal((await getRun(db, runId)).status, run.status);
}

test('the end of an apply that another has recorded as unknown is refused', async () => {
  const runId = await seedRun(stack, { status: 'approved', approved_by: 'kim' });
  const planId = await seedPlan(stack, runId, planOf([]));
  const lease = await claim(runId);
  await db.insertInto('applies').values({ plan_id: planId, run_id: runId }).execute();
  await expire(runId, adoptionSeconds + 1);
  await sweepNow();
  await assert.rejects(finish(worker, { lease, outcome: applied, savedPlan: null, planId }), LeaseLost);
  assert.equal((await getRun(db, runId)).status, 'failed');
  const apply = await db.selectFrom('applies').selectAll().where('run_id', '=', runId).executeTakeFirstOrThrow();
  assert.deepEqual([apply.ended_at, apply.outcome], [null, 'unknown']);
});

test('what an apply left on the disk may be removed when its end is recorded, and not before', async () => {
  const runId = await seedRun(stack, { status: 'approved', approved_by: 'kim' });
  const planId = await seedPlan(stack, runId, planOf([]));
  const lease = await claim(runId);
  await db.insertInto('applies').values({ plan_id: planId, run_id: runId }).execute();
  await advance(db, { runId, event: { type: 'apply_started' }, actor: 'kim', lease });
  const answers: boolean[] = [];
  const clearLeft: Runner['clearLeft'] = async (isRecorded) => {
    for (const name of [planId, `left-${planId}`]) answers.push(await isRecorded(name));
  };
  const { watch } = adoption({ ...worker, runner: { ...worker.runner, clearLeft } });
  await watch();
  await finish(worker, { lease, outcome: applied, savedPlan: null, planId });
  await watch();
  assert.deepEqual(answers, [false, false, true, false]);
});

test('a worker that comes back to a run of another leaves it alone', async () => {
  const runId = await seedRun(stack);
  const patient = patientRunner();
  const first = startPhase(makeWorker(db, patient.start), runId);
  while (patient.started.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await expire(runId);
  await sweepNow();
  await claim(runId);
  patient.end();
  await first;
  const run = await getRun(db, runId);
  assert.deepEqual([run.status, run.lease_generation], ['preparing', 2]);
});

test('an execution that breaks is a failed run with a sentence, and the error is not shown', async () => {
  const runId = await seedRun(stack);
  const broken = makeWorker(db, async () => {
    throw new Error('connect ECONNREFUSED 10.0.0.7:5432');
  });
  await startPhase(broken, runId);
  const run = await getRun(db, runId);
  assert.equal(run.status, 'failed');
  assert.equal(run.failure?.headline, 'Zenfra could not perform this phase');
  assert.ok(!JSON.stringify(run.failure).includes('10.0.0.7'));
});

test('the plan of a fork, which was given no state, is kept as one that was made from none', async () => {
  const pull = {
    title: 'T',
    author: 'stranger',
    head_sha: 'a',
    head_ref: 'b',
    base_ref: 'main',
    state: 'open',
  } as const;
  const of = { repository_id: 7, number: 31 };
  await db
    .insertInto('pull_requests')
    .values({ ...of, ...pull, draft: false, fork: true })
    .execute();
  const runId = await seedRun(stack, { type: 'plan_only', pull_request_number: of.number });
  const planning = makeWorker(db, async (_, sink) => {
    for (const phase of ['initializing', 'planning'] as const) await sink.enter(phase);
    await sink.savePlan(savedPlan());
    return noChanges;
  });
  await startPhase(planning, runId);
  assert.equal((await getRun(db, runId)).status, 'finished');
  const plan = await db.selectFrom('plans').select('state_version_id').where('run_id', '=', runId).executeTakeFirst();
  assert.deepEqual(plan, { state_version_id: null });
});

test('a job that a dead process has locked is given to others, and one of a living process is not', async () => {
  const held = Promise.withResolvers<void>();
  const inHand = new Set<string>();
  const hold = (what: string) => async () => {
    inHand.add(what);
    await held.promise;
  };
  const work = { pool: database.pool, concurrency: 1, log: worker.log, short: true };
  const alive = await runTasks(work, { report_run: hold('ours') });
  const dead = await runTasks(work, { report_command: hold('theirs') });
  const process = { id: randomUUID(), host: 'here', pid: 1, place: 'here', startTime: '1', slots: 2 };
  await seeProcess(db, { ...process, jobWorkers: [...alive.names], engines: [], isolation: null });
  await addJob(db, 'report_run', { runId: 'ours' }, { key: 'ours' });
  await addJob(db, 'report_command', { commandId: 'theirs' }, { key: 'theirs' });
  await eventually('both jobs to be in hand', () => inHand.size === 2 || undefined);
  await sql`update graphile_worker._private_jobs set locked_at = now() - interval '1 minute'
    where locked_at is not null`.execute(db);
  const stopped = [alive.stop(), dead.stop()];
  await sweepNow();
  // The sweep also wakes runs that earlier tests left, if they have waited for long enough by now.
  const free = (await listJobs(db)).filter(({ task }) => task !== 'start_phase');
  held.resolve();
  await Promise.all(stopped);
  assert.deepEqual(
    free.map(({ key }) => key),
    ['theirs'],
  );
  assert.deepEqual([...alive.names], [], 'it has nothing in hand any more');
});
