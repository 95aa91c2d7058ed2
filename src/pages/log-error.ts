import type { Kysely } from 'kysely';
import { type LogWindow, signOf } from '../../views/parts/log-lines.tsx';
import { findChunksWith, type LogName } from '../db/page-logs.ts';
import type { Database } from '../db/schema.ts';
import { createAnsiReader } from './ansi.ts';

/**
 * The number of the phase's first line that says `Error:`, or null. What the page shows was read anyway; what comes
 * before is looked through by the database, as far as `findChunksWith` goes.
 */
export async function findFirstError(
  db: Kysely<Database>,
  log: LogName,
  shown: Pick<LogWindow, 'first' | 'lines'>,
): Promise<number | null> {
  const before = shown.first > 1 ? await findEarlierError(db, log, shown.first) : null;
  if (before !== null) return before;
  const index = shown.lines.findIndex((line) => signOf(line) === 'error');
  return index === -1 ? null : shown.first + index;
}

/** Each chunk is read by itself: a line that two chunks share may be missed, and then the next error is the first. */
async function findEarlierError(db: Kysely<Database>, log: LogName, before: number): Promise<number | null> {
  for (const chunk of await findChunksWith(db, log, { text: 'Error: ', before })) {
    const reader = createAnsiReader();
    const lines = [...reader.write(chunk.bytes), ...reader.end()];
    const index = lines.findIndex((line) => signOf(line) === 'error');
    const number = chunk.firstLine + index + 1;
    if (index !== -1 && number < before) return number;
  }
  return null;
}
