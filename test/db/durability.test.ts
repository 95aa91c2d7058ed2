import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { warnOfLoss } from '../../src/db/durability.ts';
import { transact, transactDurably } from '../../src/db/transact.ts';
import { createLog } from '../../src/log.ts';
import { createTestDatabase } from '../support/database.ts';

const database = await createTestDatabase();
after(() => database.drop());

test('the log says of a PostgreSQL that it would lose what it acknowledged', async () => {
  let printed = '';
  const write = (line: string) => {
    printed += line;
  };
  const log = createLog('info', { write });
  await warnOfLoss(database.db, log);
  const { level, off, msg } = JSON.parse(printed);
  assert.deepEqual([level, off.sort()], [40, ['fsync', 'full_page_writes', 'synchronous_commit']]);
  assert.match(msg, /after a crash it may have lost what it said it had saved, states too\. Turn it on\./);
});

test('what must not be forgotten is written to disk whatever the setting', async () => {
  const read = sql<{ synchronous_commit: string }>`show synchronous_commit`;
  const durable = await transactDurably(database.db, async (trx) => read.execute(trx));
  const plain = await transact(database.db, async (trx) => read.execute(trx));
  assert.deepEqual([durable.rows[0]?.synchronous_commit, plain.rows[0]?.synchronous_commit], ['on', 'off']);
});
