import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { addJob } from '../../src/db/jobs.ts';
import { createTestDatabase } from '../support/database.ts';

const database = await createTestDatabase();
after(() => database.drop());
const { db, pool } = database;

test('a wish that comes in the moment in which a worker takes the job for an older one is not lost', async () => {
  const wish = () => addJob(db, 'report_run', { runId: 'x' }, { key: 'report:run:x' });
  await wish();
  const worker = await pool.connect();
  try {
    await worker.query('begin');
    await worker.query("update graphile_worker._private_jobs set locked_at = now(), locked_by = 'a worker'");
    const wished = wish();
    while ((await countWaiting()) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await worker.query('commit');
    await wished;
  } finally {
    worker.release();
  }
  const { rows } = await sql<{ key: string | null; taken: boolean }>`
    select key, locked_at is not null as taken from graphile_worker.jobs order by id`.execute(db);
  assert.deepEqual(rows, [
    { key: null, taken: true },
    { key: 'report:run:x', taken: false },
  ]);
});

/** Statements of this database that wait for a lock of another's. */
async function countWaiting(): Promise<number> {
  const { rows } = await sql<{ waiting: number }>`
    select count(*)::int as waiting from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
  return rows[0]?.waiting ?? 0;
}
