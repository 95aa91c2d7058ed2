import type { Kysely } from 'kysely';
import type { LogLine } from '../../../views/parts/log-lines.tsx';
import { type LogChunk, readOpenLine } from '../../db/log-tail.ts';
import type { Database } from '../../db/schema.ts';
import type { LoggedPhase } from '../../run/status.ts';
import { createAnsiReader } from '../ansi.ts';

/** Lines as a page gets them: the first one may be there already, shorter. */
export interface NewLines {
  phase: LoggedPhase;
  /** Number of the first, 1-based. */
  first: number;
  lines: LogLine[];
  /** When the lines from this number on were written. */
  times: Map<number, Date>;
}

/** A place in a phase's log from which it is read on, with the colours and the line under way. */
export interface LogCursor {
  /** The last chunk that was read. */
  end(): number;
  /** How many lines there are up to there; the one under way counts. */
  lines(): number;
  /** Takes the chunks that follow; null if they show nothing. */
  read(chunks: LogChunk[]): NewLines | null;
}

/** A cursor behind chunk `seq`. Reads what the line under way begins with, and its colours from there on. */
export async function openLogCursor(
  db: Kysely<Database>,
  log: { runId: string; phase: LoggedPhase },
  seq: number,
): Promise<LogCursor> {
  const reader = createAnsiReader();
  let end = seq;
  let complete = 0;
  for await (const chunk of seq > 0 ? readOpenLine(db, log, seq) : []) {
    reader.write(chunk.bytes);
    complete = chunk.linesSoFar;
  }
  return {
    end: () => end,
    lines: () => complete + (reader.peek() ? 1 : 0),
    read: (chunks) => {
      const first = complete + 1;
      const lines: LogLine[] = [];
      const times = new Map<number, Date>();
      for (const chunk of chunks) {
        times.set(first + lines.length, chunk.at);
        lines.push(...reader.write(chunk.bytes));
      }
      const last = chunks.at(-1);
      if (last) {
        end = last.seq;
        complete = last.linesSoFar;
      }
      const open = reader.peek();
      if (open) lines.push(open);
      return lines.length > 0 ? { phase: log.phase, first, lines, times } : null;
    },
  };
}
