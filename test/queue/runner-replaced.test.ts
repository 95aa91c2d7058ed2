import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import pino from 'pino';
import { connect } from '../../src/db/connect.ts';
import { addJob } from '../../src/db/jobs.ts';
import { runTasks } from '../../src/queue/tasks.ts';
import { createTestDatabase } from '../support/database.ts';
import { eventually } from '../support/patience.ts';
import { openRelay } from '../support/relay.ts';

const database = await createTestDatabase();
const direct = new URL(database.url);
const relay = await openRelay(() => ({ host: direct.hostname, port: Number(direct.port) }));
const url = new URL(direct);
url.port = String(relay.port);
const log = pino({ level: 'silent' });
const { pool } = connect(url.href, log);
after(async () => {
  await pool.end();
  await relay.close();
  await database.drop();
});

test('a database that is away when a job ends ends neither the process nor the taking of jobs', async () => {
  const done: string[] = [];
  const runner = await runTasks(
    { pool, concurrency: 1, log, short: false },
    {
      report_run: async ({ runId }) => {
        if (done.length === 0) relay.refuse();
        done.push(runId);
      },
    },
  );
  const first = [...runner.names];
  await addJob(database.db, 'report_run', { runId: 'first' }, { key: 'first' });
  await eventually('the runner to be given up', () => !runner.names.has(first[0] ?? '') || undefined);
  relay.goOn();
  await addJob(database.db, 'report_run', { runId: 'second' }, { key: 'second' });
  await eventually('the next job to be done', () => done.includes('second') || undefined);
  assert.notDeepEqual([...runner.names], first);
  await runner.stop();
});

test('a job that was handed out while the answer was lost is given to others', async () => {
  const done: string[] = [];
  const handlers = { report_run: async ({ runId }: { runId: string }) => void done.push(runId) };
  const runner = await runTasks({ pool, concurrency: 1, log, short: true }, handlers);
  await database.db.transaction().execute(async (trx) => {
    await sql`lock table graphile_worker._private_jobs in exclusive mode`.execute(trx);
    await eventually('the runner to ask for a job', async () => {
      const { rows } = await sql`select from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like '%_private_jobs%'`.execute(
        database.db,
      );
      return rows.length > 0 || undefined;
    });
    relay.loseAnswers();
    await addJob(trx, 'report_run', { runId: 'lost' }, { key: 'lost' });
  });
  const holder = await eventually('the job to be locked', async () => {
    const { rows } = await sql<{ locked_by: string | null }>`
      select locked_by from graphile_worker.jobs where key = 'lost'`.execute(database.db);
    return rows[0]?.locked_by ?? undefined;
  });
  assert.ok(runner.names.has(holder));
  relay.refuse();
  relay.goOn();
  await eventually('nobody to have that name', () => !runner.names.has(holder) || undefined);
  await addJob(database.db, 'report_run', { runId: 'next' }, { key: 'next' });
  await eventually('the next job to be done', () => done.includes('next') || undefined);
  assert.deepEqual(done, ['next'], 'the sweep frees what nobody has');
  await runner.stop();
});
