import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { recordServedVersion } from '../../src/db/state-credentials.ts';
import { findCurrentVersion } from '../../src/db/state-versions.ts';
import type { ExternalState } from '../../src/execution/contract.ts';
import { startPhase } from '../../src/queue/start.ts';
import { planOf, type Seeded, seedPlan, seedRun, seedStack, seedVersion } from '../pages/seed.ts';
import { createTestDatabase } from '../support/database.ts';
import { makeWorker, noChanges, savedPlan } from './worker.ts';

const database = await createTestDatabase();
const { db } = database;
after(() => database.drop());

let stacks = 0;
async function newStack(): Promise<Seeded> {
  stacks += 1;
  return seedStack(db, `stack-${stacks}`, `stacks/${stacks}`);
}

const stateOf = (serial: number, lineage = 'one') => JSON.stringify({ version: 4, serial, lineage, resources: [{}] });

/** A push's plan of a stack that may apply by itself: whether it does, and what it warns of. */
async function planNow(stack: Seeded, external?: ExternalState) {
  const state = external ? 'external' : 'managed';
  const definition = JSON.stringify({ name: 'x', path: 'x', varFiles: [], autoApply: 'always', state });
  await db.updateTable('stacks').set({ definition }).where('id', '=', stack.stackId).execute();
  const runId = await seedRun(stack, { definition });
  const worker = makeWorker(db, async (_, sink) => {
    for (const phase of ['initializing', 'planning'] as const) await sink.enter(phase);
    if (!external) await serveState(stack, runId);
    await sink.savePlan({ ...savedPlan(), ...(external ? { externalState: external } : {}) });
    return noChanges;
  });
  await startPhase(worker, runId);
  const run = await db
    .selectFrom('runs')
    .select(['status', 'warnings'])
    .where('id', '=', runId)
    .executeTakeFirstOrThrow();
  const past = { status: 'discarded', ended_at: new Date() } as const;
  await db.updateTable('runs').set(past).where('id', '=', runId).execute();
  return { runId, status: run.status, warned: (run.warnings ?? []).map(({ summary }) => summary).join() };
}

/** As if the engine had asked for it. */
async function serveState(stack: Seeded, runId: string): Promise<void> {
  const version = await findCurrentVersion(db, stack.stackId);
  const { token_sha256: token } = await db
    .selectFrom('state_credentials')
    .select('token_sha256')
    .where('run_id', '=', runId)
    .executeTakeFirstOrThrow();
  await recordServedVersion(db, token, version?.id ?? null);
}

/** As if that run's plan had been applied. */
async function applyOf(runId: string): Promise<void> {
  const plan = await db.selectFrom('plans').select('id').where('run_id', '=', runId).executeTakeFirstOrThrow();
  const ended = { ended_at: new Date(), outcome: 'succeeded' as const };
  await db
    .insertInto('applies')
    .values({ plan_id: plan.id, run_id: runId, ...ended })
    .execute();
}

const goesOn = { status: 'approved', warned: '' };
const noState: ExternalState = { lineage: null, serial: null };

test('a plan that knows nothing of the state that Zenfra keeps of the stack does not apply by itself, and says so', async () => {
  const stack = await newStack();
  assert.deepEqual(pick(await planNow(stack, noState)), goesOn, 'nothing is left behind');
  await seedVersion(stack, { text: stateOf(4) });
  for (const external of [noState, { lineage: 'two', serial: '9' }, { lineage: 'one', serial: '3' }]) {
    const { status, warned } = await planNow(stack, external);
    assert.equal(status, 'unconfirmed', JSON.stringify(external));
    assert.match(warned, /^Not made from the state that Zenfra keeps of this stack \(serial 4\)/);
  }
  assert.deepEqual(pick(await planNow(stack, { lineage: 'one', serial: '4' })), goesOn, 'it was moved');
  const { runId } = await planNow(stack, { lineage: 'two', serial: '9' });
  await applyOf(runId);
  assert.deepEqual(pick(await planNow(stack, { lineage: 'two', serial: '10' })), goesOn, 'a person had it applied');
  await seedVersion(stack, { text: stateOf(5) });
  await db.updateTable('state_versions').set({ holds_resources: false }).where('serial', '=', '5').execute();
  assert.deepEqual(pick(await planNow(stack, noState)), goesOn, 'what Zenfra keeps holds nothing');
});

test('a plan from our state that knows nothing of what the backend of the repository had does not apply by itself', async () => {
  const stack = await newStack();
  assert.deepEqual(pick(await planNow(stack)), goesOn);
  await planNow(stack, noState);
  assert.deepEqual(pick(await planNow(stack)), goesOn, 'the backend had nothing, and nothing was applied');
  await applyOf((await planNow(stack, noState)).runId);
  const first = await planNow(stack);
  assert.equal(first.status, 'unconfirmed');
  assert.match(first.warned, /^Not made from the state that this stack had in the backend of its repository/);
  await seedVersion(stack, { text: stateOf(1), origin: 'import' });
  assert.deepEqual(pick(await planNow(stack)), goesOn, 'it was imported');
  await applyOf((await planNow(stack, { lineage: 'one', serial: '1' })).runId);
  assert.equal((await planNow(stack)).status, 'unconfirmed', 'the backend is at serial 2 or more');
  await seedVersion(stack, { text: stateOf(2), origin: 'import' });
  const imported = await planNow(stack);
  assert.deepEqual(pick(imported), goesOn);
});

test('a backend whose resources were destroyed has left nothing', async () => {
  const stack = await newStack();
  const runId = await seedRun(stack, { type: 'destroy', status: 'finished', ended_at: new Date() });
  const planId = await seedPlan(stack, runId, planOf([]));
  const external_state = JSON.stringify({ lineage: 'one', serial: '7' });
  await db.updateTable('plans').set({ external_state }).where('id', '=', planId).execute();
  assert.equal((await planNow(stack)).status, 'unconfirmed');
  await applyOf(runId);
  assert.deepEqual(pick(await planNow(stack)), goesOn);
});

function pick({ status, warned }: { status: string; warned: string }) {
  return { status, warned };
}
