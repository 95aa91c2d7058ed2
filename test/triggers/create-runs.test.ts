import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { getRun, listLiveRuns, type Run } from '../../src/db/runs.ts';
import { getStack, type Stack } from '../../src/db/stacks.ts';
import { advance } from '../../src/queue/advance.ts';
import type { StackDefinition } from '../../src/stack/definition.ts';
import { createRun, type RunWish } from '../../src/triggers/create-runs.ts';
import { planOf, type Seeded, seedPlan, seedRun, seedStack } from '../pages/seed.ts';
import { forgetJobs, historyOf, listJobs } from '../queue/worker.ts';
import { createTestDatabase } from '../support/database.ts';

const worker = '0199a5f0-8d3e-7c44-b5a0-0f6d6a1c9e22';

const database = await createTestDatabase();
after(() => database.drop());
const { db } = database;

let seeded: Seeded;
let stack: Stack;
let stacks = 0;

beforeEach(async () => {
  stacks += 1;
  seeded = await seedStack(db, `stack-${stacks}`, `stacks/${stacks}`);
  stack = await getStack(db, seeded.stackId);
  await forgetJobs(db);
});

const sha = (digit: string) => digit.repeat(40);

/** What a push to main with this commit asks for. */
function pushed(digit: string, more: Partial<RunWish> = {}): RunWish {
  return {
    stack,
    definition: stack.definition as StackDefinition,
    type: 'tracked',
    trigger: 'push',
    triggeredBy: 'kim',
    reason: 'push touched main.tf',
    branch: 'main',
    commit: { sha: sha(digit), title: 'x' },
    pullRequest: null,
    ...more,
  };
}

function planned(digit: string, pullRequest = 7): RunWish {
  return pushed(digit, { type: 'plan_only', trigger: 'pull_request', pullRequest });
}

async function statusOf(run: Run): Promise<string> {
  const { status, ended_because: because } = await getRun(db, run.id);
  return because === null ? status : `${status}: ${because}`;
}

const starts = async () => (await listJobs(db)).filter(({ task }) => task === 'start_phase').map(({ key }) => key);

test('a new run is queued, told of and woken, with a day to find a worker', async () => {
  const run = await createRun(db, pushed('a', { pullRequest: 7 }));
  assert.deepEqual(await historyOf(db, run.id), {
    status: 'queued',
    events: [],
    phases: ['queued: under way (triggered by kim)'],
  });
  assert.deepEqual((await listJobs(db)).map(({ key }) => key).toSorted(), [
    `report:pull:7:7`,
    `report:run:${run.id}`,
    `run:${run.id}`,
  ]);
  assert.ok(run.deadline_at);
  assert.match(run.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('a run has a day to find a worker once those it comes after have ended, and waits for them without', async () => {
  const other = await seedStack(db, `other-${stacks}`, `other/${stacks}`);
  const [ended, live] = [await seedRun(other, { status: 'finished', ended_at: new Date() }), await seedRun(other)];
  const deadlineOf = async (after: string[], pull: number) => {
    const run = await createRun(db, { ...planned('b', pull), after });
    return (await getRun(db, run.id)).deadline_at;
  };
  assert.notEqual(await deadlineOf([ended], 3), null);
  assert.equal(await deadlineOf([ended, live], 4), null);
});

test('run ids sort by age', async () => {
  const first = await createRun(db, planned('a', 1));
  await new Promise((resolve) => setTimeout(resolve, 2));
  const second = await createRun(db, planned('a', 2));
  assert.ok(first.id < second.id);
});

test('asking for what is on its way makes no second run', async () => {
  const run = await createRun(db, pushed('a'));
  assert.equal((await createRun(db, pushed('a'))).id, run.id);
  const plan = await createRun(db, planned('a'));
  assert.equal((await createRun(db, planned('a'))).id, plan.id);
  assert.equal((await listLiveRuns(db, seeded.stackId)).length, 2);
});

test('twenty who ask for the same at once get one run', async () => {
  const runs = await Promise.all(Array.from({ length: 20 }, () => createRun(db, pushed('a'))));
  assert.equal(new Set(runs.map(({ id }) => id)).size, 1);
});

test('the same commit on two pull requests is two plans', async () => {
  assert.notEqual((await createRun(db, planned('a', 1))).id, (await createRun(db, planned('a', 2))).id);
});

test('what has ended, or is being canceled, is made anew', async () => {
  const first = await createRun(db, planned('a'));
  await advance(db, { runId: first.id, event: { type: 'cancel_requested', by: '@kim' }, actor: 'kim' });
  const second = await createRun(db, planned('a'));
  assert.notEqual(second.id, first.id);
  await advance(db, { runId: second.id, event: { type: 'claimed' }, actor: worker });
  await advance(db, { runId: second.id, event: { type: 'cancel_requested', by: '@kim' }, actor: 'kim' });
  assert.notEqual((await createRun(db, planned('a'))).id, second.id);
});

test('a newer push discards what waits and stops what runs, and waits for it to have stopped', async () => {
  const running = await createRun(db, pushed('a'));
  await advance(db, { runId: running.id, event: { type: 'claimed' }, actor: worker });
  const waiting = await createRun(db, pushed('b'));
  await forgetJobs(db);
  const newest = await createRun(db, pushed('c'));
  assert.equal(await statusOf(running), 'preparing: Superseded by bbbbbbb');
  assert.equal(await statusOf(waiting), 'discarded: Superseded by ccccccc');
  assert.deepEqual([newest.status, await starts()], ['queued', []]);
  assert.equal((await getRun(db, newest.id)).deadline_at, null, 'the wait for its turn has no deadline');
  await advance(db, { runId: running.id, event: { type: 'engine_stopped' }, actor: worker });
  assert.equal(await statusOf(running), 'discarded: Superseded by bbbbbbb');
  assert.deepEqual(await starts(), [`run:${newest.id}`]);
  assert.ok((await getRun(db, newest.id)).deadline_at, 'the wait for a worker has one');
});

test('a newer push discards one that waits for approval, and goes on at once', async () => {
  const older = await seedRun(seeded, { status: 'unconfirmed' });
  const newer = await createRun(db, pushed('b'));
  assert.equal((await getRun(db, older)).status, 'discarded');
  assert.deepEqual(await starts(), [`run:${newer.id}`]);
});

test('a newer push lets one go on that applies, and waits for it', async () => {
  const applying = await seedRun(seeded, { status: 'applying' });
  await createRun(db, pushed('b'));
  assert.equal((await getRun(db, applying)).status, 'applying');
  assert.deepEqual(await starts(), []);
});

test('a branch that is pushed back to what is being applied leaves nothing of what came between', async () => {
  const applying = await seedRun(seeded, { status: 'applying', commit_sha: sha('a') });
  const between = await createRun(db, pushed('b'));
  assert.equal((await createRun(db, pushed('a'))).id, applying);
  assert.equal(await statusOf(between), 'discarded: Superseded by aaaaaaa');
  assert.equal((await getRun(db, applying)).status, 'applying');
});

test('an older commit’s plan that is re-run on its page does not end the head’s', async () => {
  const head = await createRun(db, planned('b'));
  const again = await createRun(db, { ...planned('a'), trigger: 'page' });
  assert.deepEqual([await statusOf(head), await statusOf(again)], ['queued', 'queued']);
});

test('a newer push lets an approved plan of a pull request go first', async () => {
  const planRun = await seedRun(seeded, { type: 'plan_only', status: 'finished', ended_at: new Date() });
  await seedPlan(seeded, planRun, planOf([]));
  await seedRun(seeded, { status: 'applying' });
  const adopts = { planRun: await getRun(db, planRun), approvedBy: 'kim' };
  const adopted = await createRun(db, pushed('a', { trigger: 'command', pullRequest: 7, adopts }));
  assert.deepEqual([adopted.approved_by, adopted.status], ['kim', 'queued']);
  await createRun(db, pushed('b'));
  assert.equal(await statusOf(adopted), 'queued');
});

test('a newer commit discards the plans of its own pull request, and no others', async () => {
  const own = await createRun(db, planned('a', 7));
  const other = await createRun(db, planned('a', 8));
  const tracked = await createRun(db, pushed('a'));
  await createRun(db, planned('b', 7));
  assert.equal(await statusOf(own), 'discarded: Superseded by bbbbbbb');
  assert.deepEqual([await statusOf(other), await statusOf(tracked)], ['queued', 'queued']);
});

test('a run that somebody triggers by hand waits for its turn and ends nobody’s', async () => {
  const older = await seedRun(seeded, { status: 'unconfirmed' });
  const byHand = await createRun(db, pushed('b', { trigger: 'page' }));
  const destroy = await createRun(db, pushed('b', { trigger: 'page', type: 'destroy' }));
  assert.equal((await getRun(db, older)).status, 'unconfirmed');
  assert.deepEqual([await statusOf(byHand), await statusOf(destroy), await starts()], ['queued', 'queued', []]);
});
