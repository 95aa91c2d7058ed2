import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { noteReported, sinceReportedMs, upsertPullRequest } from '../../src/db/pull-requests.ts';
import { requestReport } from '../../src/db/request-report.ts';
import { getRun } from '../../src/db/runs.ts';
import { seedRun, seedStack } from '../pages/seed.ts';
import { createTestDatabase } from '../support/database.ts';

const { db, drop } = await createTestDatabase();
after(drop);
const seeded = await seedStack(db);
const tenMinutes = 600_000;

/** Lets this process's clock differ from the database's. */
function differ(t: TestContext, byMs: number): void {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + byMs });
}

for (const [how, byMs] of [
  ['ahead', tenMinutes],
  ['behind', -tenMinutes],
] as const) {
  test(`what is to be told seconds later is told then, with a clock that is ten minutes ${how}`, async (t) => {
    const id = await seedRun(seeded, { status: 'preparing', type: 'plan_only', pull_request_number: 1 });
    const run = await getRun(db, id);
    differ(t, byMs);
    await requestReport(db, run);
    const { rows } = await sql<{ soon: boolean }>`
      with gone as (delete from graphile_worker._private_jobs returning run_at)
      select run_at > now() and run_at < now() + interval '1 minute' as soon from gone`.execute(db);
    assert.deepEqual(rows, [{ soon: true }]);
  });

  test(`when a comment was written is known, with a clock that is ten minutes ${how}`, async (t) => {
    const pull = { repository_id: 7, number: 2 };
    const seen = { title: 'x', author: 'kim', head_sha: 'a'.repeat(40), head_ref: 'x', base_ref: 'main' };
    await upsertPullRequest(db, { ...pull, ...seen, state: 'open', draft: false, fork: false });
    differ(t, byMs);
    await noteReported(db, pull);
    t.mock.timers.reset();
    const since = await sinceReportedMs(db, pull);
    assert.ok(since >= 0 && since < tenMinutes / 2, `${since} ms`);
  });
}
