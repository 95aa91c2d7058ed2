import type { Kysely } from 'kysely';
import type { LogLine, LogWindow } from '../../views/parts/log-lines.tsx';
import { type LogBytes, type LogName, readLogLines } from '../db/page-logs.ts';
import type { Database } from '../db/schema.ts';
import { createAnsiReader } from './ansi.ts';

/** Lines of a phase on one page. */
export const linesPerPage = 5_000;

/** Lines that are asked for; with neither the last ones, with `to` alone the last ones up to that. */
export interface LogStretch {
  from: number | null;
  to: number | null;
}
/** Lines to show, and the phase's last chunk at that time: what comes after it is news. */
export type LoadedWindow = LogWindow & { end: number };

/**
 * The lines of a phase that a page shows, 5,000 at most, and fewer if they are long. Undefined if the phase has no log.
 */
export async function loadLogWindow(
  db: Kysely<Database>,
  log: LogName,
  stretch: LogStretch,
): Promise<LoadedWindow | undefined> {
  const bytes = await readLogLines(db, log, { ...stretch, count: linesPerPage });
  if (!bytes) return undefined;
  const { lines, times } = readLines(bytes);
  // Unless it is the log's start, the first line of the bytes may lack its beginning: it is not shown, except alone.
  const whole = bytes.linesBefore + (bytes.fromStart ? 1 : 2);
  const first = Math.max(bytes.first, Math.min(whole, bytes.last));
  const shown = lines.slice(first - bytes.linesBefore - 1, bytes.last - bytes.linesBefore);
  // What ends without a newline counts as a line there, also if it is none: colours that are switched off.
  const total = bytes.toEnd ? bytes.linesBefore + lines.length : bytes.total;
  return { lines: shown, first, total, times, end: bytes.end };
}

/** A line has the time at which it was completed. */
function readLines(bytes: LogBytes): { lines: LogLine[]; times: Map<number, Date> } {
  const reader = createAnsiReader();
  const lines: LogLine[] = [];
  const times = new Map<number, Date>();
  for (const chunk of bytes.chunks) {
    const complete = reader.write(chunk.bytes);
    times.set(bytes.linesBefore + lines.length + 1, chunk.at);
    for (const line of complete) lines.push(line);
  }
  // A line that lacks its end is not shown either, except alone.
  if (bytes.toEnd || bytes.linesBefore + lines.length < bytes.first) lines.push(...reader.end());
  return { lines, times };
}
