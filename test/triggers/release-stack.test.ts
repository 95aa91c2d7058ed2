import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { findStateCredential, issueStateCredential } from '../../src/db/state-credentials.ts';
import { releaseHold } from '../../src/triggers/release-stack.ts';
import { masterKey, seedRun, seedStack } from '../pages/seed.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let base: TestDatabase;
before(async () => {
  base = await createTestDatabase();
});
after(() => base.drop());

test('a release wakes the approved run that waited, ends what an unknown apply could still write, and happens once', async () => {
  const stack = await seedStack(base.db);
  const lost = await seedRun(stack, { status: 'finished', ended_at: new Date() });
  const { password } = await base.db
    .transaction()
    .execute((trx) => issueStateCredential(trx, { runId: lost, stackId: stack.stackId, access: 'write', masterKey }));
  const waiting = await seedRun(stack, { status: 'approved' });
  const { id } = await base.db
    .insertInto('stack_holds')
    .values({ stack_id: stack.stackId, reason: 'outcome_unknown', run_id: lost, note: 'Lost.', created_by: 'zenfra' })
    .returning('id')
    .executeTakeFirstOrThrow();
  const release = () => releaseHold(base.db, { stackId: stack.stackId, holdId: id, user: 'kim' });
  const results = await Promise.all([release(), release(), release()]);
  assert.equal(results.filter(({ ok }) => ok).length, 1);
  const late = await release();
  assert.match(late.ok ? '' : late.why, /This hold was released already/);
  const { rows } = await sql<{ key: string }>`select key from graphile_worker.jobs`.execute(base.db);
  assert.deepEqual(rows, [{ key: `run:${waiting}` }]);
  assert.equal((await findStateCredential(base.db, password))?.revoked, true);
  const hold = await base.db.selectFrom('stack_holds').selectAll().executeTakeFirstOrThrow();
  assert.equal(hold.released_by, 'kim');
});

test('a hold of another stack is not released with this one', async () => {
  const [stack, other] = [await seedStack(base.db, 'one'), await seedStack(base.db, 'two')];
  const { id } = await base.db
    .insertInto('stack_holds')
    .values({ stack_id: other.stackId, reason: 'person', note: 'Held.', created_by: 'lee' })
    .returning('id')
    .executeTakeFirstOrThrow();
  const result = await releaseHold(base.db, { stackId: stack.stackId, holdId: id, user: 'kim' });
  assert.equal(result.ok, false);
  const held = await base.db.selectFrom('stack_holds').select('released_at').where('id', '=', id).executeTakeFirst();
  assert.equal(held?.released_at, null);
});
