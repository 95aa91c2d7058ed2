import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { toJsonb } from '../../src/db/to-jsonb.ts';
import { createTestDatabase } from '../support/database.ts';

const database = await createTestDatabase();
after(() => database.drop());

const texts: [what: string, value: unknown, kept: unknown][] = [
  ['a NUL', 'a\0b', 'a\ufffdb'],
  ['the first half of a character', 'cut \ud83d', 'cut \ufffd'],
  ['the second half of a character', ['\ude00 cut'], ['\ufffd cut']],
  ['half a character in a key', { 'k\ud800': 1 }, { 'k\ufffd': 1 }],
  ['a whole character', '😀', '😀'],
  ['what looks like one in the text', String.raw`\u0000 \\ud83d "`, String.raw`\u0000 \\ud83d "`],
  ['one after a backslash', '\\\0', '\\\ufffd'],
];

for (const [what, value, kept] of texts) {
  test(`jsonb takes ${what}`, async () => {
    const { rows } = await sql<{ value: unknown }>`select ${toJsonb(value)}::jsonb as value`.execute(database.db);
    assert.deepEqual(rows, [{ value: kept }]);
  });
}
