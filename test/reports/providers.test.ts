import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { getRun } from '../../src/db/runs.ts';
import type { PhaseSink, SavedPlan } from '../../src/execution/contract.ts';
import { startPhase } from '../../src/queue/start.ts';
import { loadRunFacts } from '../../src/reports/load-run-facts.ts';
import { planNotes } from '../../src/reports/plan-notes.ts';
import { renderComment } from '../../src/reports/render-comment.ts';
import { seedRun, seedStack } from '../pages/seed.ts';
import { applied, makeWorker, noChanges, savedPlan } from '../queue/worker.ts';
import { createTestDatabase } from '../support/database.ts';
import { plan, pullRequest, run, stack } from './example-facts.ts';

test('a plan with other providers than the stack was applied with says which', () => {
  const planned = run(128, {
    providers: [
      { source: 'registry.terraform.io/hashicorp/aws', from: '5.99.0', to: '5.100.0' },
      { source: 'registry.opentofu.org/hashicorp/null', from: '3.2.4', to: null },
      { source: 'example.com/acme/`own`', from: null, to: '0.1.0-**b**' },
    ],
  });
  const one = stack('network', { run: planned });
  assert.equal(
    planNotes(plan([]), { run: planned, stack: one, facts: pullRequest([one]) }),
    '**Providers** `hashicorp/aws` 5.99.0 → 5.100.0 · `hashicorp/null` 3.2.4 is gone · `` example.com/acme/`own` `` `0.1.0-**b**` is new',
  );
});

const database = await createTestDatabase();
after(() => database.drop());
const { db } = database;

function begun(answer: Awaited<ReturnType<PhaseSink['beginApply']>>) {
  assert.ok(answer.ok, answer.ok ? '' : answer.why);
  return applied;
}

/** It is not about the state: that is another's, and stays as it is. */
const state = { serial: '1', lineage: 'l' };

/** A worker whose plans are made with such providers. */
function workerWith(providers: SavedPlan['providers']) {
  return makeWorker(db, async ({ apply }, sink) => {
    await sink.useEngine({ engine: 'terraform', path: '/nowhere/terraform', version: '1.11.4' });
    if (apply !== null) return begun(await sink.beginApply(state));
    for (const phase of ['initializing', 'planning'] as const) await sink.enter(phase);
    await sink.savePlan({ ...savedPlan(), providers, externalState: state });
    return noChanges;
  });
}

test('the comment on a plan compares its providers with those of the last plan that was applied before it', async () => {
  const network = await seedStack(db);
  const definition = { name: 'network-prod', path: 'infra/network', engine: 'terraform', version: '1.11' };
  await db
    .updateTable('stacks')
    .set({ definition: JSON.stringify({ ...definition, autoApply: 'always' }) })
    .execute();
  const planWith = async (version: string, run: Parameters<typeof seedRun>[1] = {}) => {
    const id = await seedRun(network, run);
    const deps = workerWith([{ source: 'registry.terraform.io/hashicorp/aws', version }]);
    await startPhase(deps, id);
    return { id, apply: () => startPhase(deps, id) };
  };
  const commentOn = async (id: string) => {
    const deps = { ...makeWorker(db), publicUrl: 'https://zenfra.example.com', githubServerUrl: 'https://github.com' };
    const facts = (await loadRunFacts(deps, [await getRun(db, id)])).get(id);
    return renderComment(pullRequest([stack('network', { run: facts ?? null })]));
  };
  const proposed = { type: 'plan_only', trigger: 'pull_request', pull_request_number: 42 } as const;

  const first = await planWith('5.99.0');
  assert.doesNotMatch(await commentOn(first.id), /Providers/, 'nothing is applied yet');
  await first.apply();
  const { status, failure } = await getRun(db, first.id);
  assert.equal(status, 'finished', JSON.stringify(failure));

  const same = await planWith('5.99.0', proposed);
  assert.doesNotMatch(await commentOn(same.id), /Providers/);
  const notApplied = await planWith('5.100.0', proposed);
  const line = '**Providers** `hashicorp/aws` 5.99.0 → 5.100.0';
  assert.ok((await commentOn(notApplied.id)).includes(line), await commentOn(notApplied.id));

  const upgrade = await planWith('5.100.0');
  await upgrade.apply();
  assert.doesNotMatch(await commentOn((await planWith('5.100.0', proposed)).id), /Providers/);
  assert.ok((await commentOn(notApplied.id)).includes(line), 'it was made before');
});
