import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { transact } from '../../src/db/transact.ts';
import { advance, advanceIn } from '../../src/queue/advance.ts';
import { type Seeded, seedRun, seedStack } from '../pages/seed.ts';
import { createTestDatabase } from '../support/database.ts';

const database = await createTestDatabase();
after(() => database.drop());
const { db } = database;

/** Resolves for both of two transactions when both have got there. */
function meetingPoint(): () => Promise<void> {
  let arrived = 0;
  let open: () => void = () => {};
  const both = new Promise<void>((resolve) => {
    open = resolve;
  });
  return () => {
    arrived += 1;
    if (arrived >= 2) open();
    return both;
  };
}

test('two transactions that wait for each other both get done', async () => {
  const stacks = [await seedStack(db, 'one', 'one'), await seedStack(db, 'two', 'two')];
  const runs = await Promise.all(stacks.map((stack) => seedRun(stack, { status: 'unconfirmed' })));
  const meet = meetingPoint();
  let tries = 0;
  const cross = (order: string[]) =>
    transact(db, async (trx) => {
      tries += 1;
      for (const [index, runId] of order.entries()) {
        await sql`select 1 from runs where id = ${runId} for update`.execute(trx);
        if (index === 0) await meet();
      }
      await sql`update runs set trigger_reason = trigger_reason || '.' where id in (${sql.join(order)})`.execute(trx);
    });
  await Promise.all([cross(runs), cross(runs.toReversed())]);
  assert.ok(tries > 2, 'one of them was undone by PostgreSQL and done again');
  const reasons = await db.selectFrom('runs').select('trigger_reason').execute();
  assert.ok(reasons.every(({ trigger_reason }) => trigger_reason.endsWith('.tf..')));
});

test('what a transaction throws itself is not tried again', async () => {
  let tries = 0;
  const broken = transact(db, async (trx) => {
    tries += 1;
    await sql`select 1 / 0`.execute(trx);
  });
  await assert.rejects(broken, /division by zero/);
  assert.equal(tries, 1);
});

test('a transaction that is undone each time gives up and says so', async () => {
  let tries = 0;
  const hopeless = transact(db, async (trx) => {
    tries += 1;
    await sql`do $$ begin raise exception 'could not serialize' using errcode = '40001'; end $$`.execute(trx);
  });
  await assert.rejects(hopeless, /could not serialize/);
  assert.equal(tries, 5);
});

test('steps of many runs on two stacks, in any order, never wait for each other for ever', async () => {
  const stacks: Seeded[] = [await seedStack(db, 'three', 'three'), await seedStack(db, 'four', 'four')];
  const ids: string[] = [];
  for (const stack of stacks) for (let n = 0; n < 6; n += 1) ids.push(await seedRun(stack));
  await Promise.all(
    ids.flatMap((runId) => [
      advance(db, { runId, event: { type: 'discarded', by: '@kim' }, actor: 'kim' }),
      transact(db, (trx) => advanceIn(trx, { runId, event: { type: 'superseded', by: '4f2c9d1' }, actor: 'zenfra' })),
    ]),
  );
  const ended = await db.selectFrom('runs').select('status').where('id', 'in', ids).execute();
  assert.ok(ended.every(({ status }) => status === 'discarded'));
  const events = await db.selectFrom('run_events').select('id').where('run_id', 'in', ids).execute();
  assert.equal(events.length, ids.length);
});
