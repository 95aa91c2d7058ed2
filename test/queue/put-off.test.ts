import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { PutOff } from '../../src/github/budget.ts';
import { putOffJob } from '../../src/queue/put-off.ts';
import { createTestDatabase } from '../support/database.ts';

const { db, drop } = await createTestDatabase();
after(drop);

const about = { repositoryId: 1, number: 2 };

async function listTimes(): Promise<Date[]> {
  const { rows } = await sql<{ run_at: Date }>`select run_at from graphile_worker.jobs`.execute(db);
  return rows.map(({ run_at }) => run_at);
}

test('what GitHub puts off is done when it has said, once, and counts as no failure', async () => {
  const hour = 3_600_000;
  const retryAt = new Date(Date.now() + hour);
  const handle = putOffJob(db, 'report_pull_request', async () => {
    throw new PutOff(retryAt);
  });
  await handle(about);
  await handle(about);
  const times = await listTimes();
  assert.equal(times.length, 1);
  assert.ok(Math.abs(Number(times[0]) - Number(retryAt)) < hour / 2, `${times[0]}`);
});

test('what fails otherwise fails', async () => {
  const handle = putOffJob(db, 'report_pull_request', async () => {
    throw new Error('broken');
  });
  await assert.rejects(handle(about), /broken/);
});
