import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { headOf, propose } from '../../src/sandbox/story/act.ts';
import { buildGate } from '../../src/sandbox/story/gate.ts';
import { seeComment, seeRun } from '../../src/sandbox/story/see.ts';
import { until } from '../../src/sandbox/story/until.ts';
import { openScene, stacksOf, thing } from '../support/scene.ts';

test('a plan whose worker is lost is made again by another', async (t) => {
  const gate = await buildGate();
  t.after(() => gate.close());
  const scene = await openScene(t, { files: stacksOf('app') });
  const files = { 'app/main.tf': thing(2), 'app/company.tf': gate.configuration };
  const pull = await propose(scene, { branch: 'change', title: 'Change', files });
  const commit = headOf(scene, pull);
  const run = await seeRun(scene, { commit, type: 'plan_only', status: 'planning' });
  // What the sweep finds when a worker fell silent; the other generation is why the one that lives writes no more.
  await sql`update runs set lease_generation = lease_generation + 1,
    lease_expires_at = clock_timestamp() - interval '1 second' where id = ${run.id}`.execute(scene.db);
  await until(scene.signal, {
    expected: 'the sweep to find the lost worker',
    look: async () => (await listEvents()).includes('worker_lost') || undefined,
    seen: async () => (await listEvents()).join(),
  });
  gate.open();
  await seeComment(scene, pull, '### Zenfra · 1 stack · 1 to add', '🟡 Ready to apply');
  const finished = await seeRun(scene, { commit, type: 'plan_only', status: 'finished' });
  assert.equal(finished.id, run.id);
  assert.equal(finished.attempt, 2);
  const page = await (await fetch(`${scene.url}/runs/${run.id}`)).text();
  assert.match(page, /the worker was lost; attempt 2 of 3/);

  async function listEvents() {
    const rows = await scene.db.selectFrom('run_events').select('event').where('run_id', '=', run.id).execute();
    return rows.map(({ event }) => event);
  }
});
