import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { KyselyPlugin } from 'kysely';
import { createTestDatabase } from '../support/database.ts';
import { seedLog, seedPhase, seedRun, seedStack } from './seed.ts';
import { announceLog, openEvents, openPage, serveLive } from './watching.ts';

const base = await createTestDatabase();
after(() => base.drop());

/** Makes the next query of a run's facts fail. */
let failing = 0;
const failOnce: KyselyPlugin = {
  transformQuery({ node }) {
    if (failing === 0 || !JSON.stringify(node).includes('stack_definition')) return node;
    failing -= 1;
    throw new Error('the database went away');
  },
  transformResult: async ({ result }) => result,
};

test('lines that were read when the database failed are sent when it is back', async (t) => {
  const stack = await seedStack(base.db);
  const server = await serveLive({ ...base, db: base.db.withPlugin(failOnce) });
  t.after(() => server.stop());
  const id = await seedRun(stack, { type: 'plan_only', status: 'planning', pull_request_number: 42 });
  await seedPhase(base.db, id, 'planning', { at: new Date() });
  await seedLog(base.db, { runId: id, phase: 'planning' }, ['one\n']);
  const page = await openPage(`${server.url}/runs/${id}`);
  const stream = await openEvents(server.url + page.events, page);
  t.after(() => stream.close());
  failing = 1;
  const bytes = Buffer.from('the last words\n');
  await base.db
    .insertInto('log_chunks')
    .values({ run_id: id, phase: 'planning', seq: 2, bytes, lines: 1, first_line: 1 })
    .execute();
  await base.db.updateTable('runs').set({ status: 'finished', ended_at: new Date() }).where('id', '=', id).execute();
  await announceLog(base, id);
  const seen: string[] = [];
  for (let event = await stream.next(); event && event.event !== 'end'; event = await stream.next())
    if (event.event === 'log') seen.push(event.data.html);
  assert.equal(failing, 0);
  assert.match(seen.join(''), /the last words/);
});
