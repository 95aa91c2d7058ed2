import assert from 'node:assert/strict';
import { after, test } from 'node:test';
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
    { pool, concurrency: 1, log },
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
