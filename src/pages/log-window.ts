import type { Kysely } from 'kysely';
import type { LogWindow } from '../../views/parts/log.tsx';
import { readLogLines } from '../db/page-logs.ts';
import type { Database } from '../db/schema.ts';
import type { LoggedPhase } from '../run/status.ts';
import { createAnsiReader } from './ansi.ts';

/** Lines of a phase on one page. */
export const linesPerPage = 5_000;

/**
 * The lines of a phase that a page shows: from line `from`, or the last ones where that is null. Undefined if the
 * phase has no log.
 */
export async function loadLogWindow(
  db: Kysely<Database>,
  log: { runId: string; phase: LoggedPhase },
  from: number | null,
): Promise<LogWindow | undefined> {
  const bytes = await readLogLines(db, log, { from, count: linesPerPage });
  if (!bytes) return undefined;
  const reader = createAnsiReader();
  const lines = bytes.chunks.flatMap((chunk) => reader.write(chunk));
  if (bytes.toEnd) lines.push(...reader.end());
  const wanted = from ?? Math.max(1, bytes.total - linesPerPage + 1);
  // Unless it is the log's start, the first line of the bytes may lack its beginning: it is not shown, except alone.
  const whole = bytes.linesBefore + (bytes.fromStart || lines.length < 2 ? 1 : 2);
  const first = Math.max(wanted, whole);
  const skipped = first - bytes.linesBefore - 1;
  return { lines: lines.slice(skipped, skipped + linesPerPage), first, total: bytes.total };
}
