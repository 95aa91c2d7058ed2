import { type Kysely, sql } from 'kysely';
import { type LoggedPhase, loggedPhases } from '../run/status.ts';
import type { Database } from './schema.ts';

/** How far each phase's log has been read: the number of its last chunk, 0 for none. */
export type LogEnds = Record<LoggedPhase, number>;

export interface LogChunk {
  phase: LoggedPhase;
  seq: number;
  bytes: Buffer;
  /** Newlines in all chunks up to this one. */
  linesSoFar: number;
  /** When it was written. */
  at: Date;
}

/** Of each phase, so many chunks are read at once: at most 1 MiB. */
const chunksPerRead = 16;

/** The next chunks of each phase, in order, in one question. As many as there may be of a phase: ask again. */
export async function readChunksAfter(
  db: Kysely<Database>,
  runId: string,
  ends: LogEnds,
): Promise<{ chunks: LogChunk[]; more: boolean }> {
  const parts = loggedPhases.map(
    (phase) => sql`(
      select phase, seq, bytes, at, first_line + lines as "linesSoFar" from log_chunks
      where run_id = ${runId} and phase = ${phase} and seq > ${ends[phase]} order by seq limit ${chunksPerRead})`,
  );
  const { rows } = await sql<LogChunk>`${sql.join(parts, sql` union all `)}`.execute(db);
  const chunks = rows.sort((one, other) => one.seq - other.seq);
  const more = loggedPhases.some((phase) => chunks.filter((chunk) => chunk.phase === phase).length === chunksPerRead);
  return { chunks, more };
}

/** The last chunk of each phase that has a log. */
export async function findLogEnds(db: Kysely<Database>, runId: string): Promise<LogEnds> {
  const parts = loggedPhases.map(
    (phase) =>
      sql`(select phase, seq from log_chunks where run_id = ${runId} and phase = ${phase} order by seq desc limit 1)`,
  );
  const { rows } = await sql<{ phase: LoggedPhase; seq: number }>`${sql.join(parts, sql` union all `)}`.execute(db);
  const ends: LogEnds = { preparing: 0, initializing: 0, planning: 0, applying: 0 };
  for (const { phase, seq } of rows) ends[phase] = seq;
  return ends;
}

/**
 * The chunks that hold the line under way at the end of chunk `seq`, from before its first byte on. A few at a time: a
 * line may be longer than memory.
 */
export async function* readOpenLine(
  db: Kysely<Database>,
  log: { runId: string; phase: LoggedPhase },
  seq: number,
): AsyncGenerator<LogChunk, void, undefined> {
  const chunks = db.selectFrom('log_chunks').where('run_id', '=', log.runId).where('phase', '=', log.phase);
  const last = await chunks
    .select('seq')
    .where('seq', '<=', seq)
    .where('lines', '>', 0)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  for (let from = last?.seq ?? 1; from <= seq; from += chunksPerRead) {
    yield* await chunks
      .select(['phase', 'seq', 'bytes', 'at', sql<number>`first_line + lines`.as('linesSoFar')])
      .where('seq', '>=', from)
      .where('seq', '<=', Math.min(seq, from + chunksPerRead - 1))
      .orderBy('seq')
      .execute();
  }
}
