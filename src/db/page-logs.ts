import { type Kysely, sql } from 'kysely';
import type { LoggedPhase } from '../run/status.ts';
import type { Database } from './schema.ts';

/** Bytes of one phase that a page reads at most. */
const maxBytes = 4 * 1024 * 1024;
/** Chunks fetched at once for a download: 64 KiB each, so that memory stays flat whatever the log's length. */
const chunksPerRead = 32;

/** A stretch of a phase's log. */
export interface LogBytes {
  /** In order, each with the time it was written. */
  chunks: LogChunk[];
  /** The first and the last line that it was read for, of those that there are. */
  first: number;
  last: number;
  /** Newlines before the first byte. */
  linesBefore: number;
  /** Whether the stretch starts at the phase's first byte, and reaches its last. */
  fromStart: boolean;
  toEnd: boolean;
  /** Lines of the whole phase; a last one without newline counts. */
  total: number;
  /** The phase's last chunk when it was read: later ones are not in here. */
  end: number;
}

export interface LogChunk {
  bytes: Buffer;
  at: Date;
}

/** A phase of a run. */
export interface LogName {
  runId: string;
  phase: LoggedPhase;
}

/**
 * Reads what holds `count` lines: from line `from` on, or where that is null those up to line `to`, which is the last
 * where it is null as well; less if they are more than 4 MiB. Undefined if the phase has no log. The stretch begins
 * and ends with whole chunks: the caller drops the lines that it did not ask for.
 */
export async function readLogLines(
  db: Kysely<Database>,
  log: LogName,
  window: { from: number | null; to: number | null; count: number },
): Promise<LogBytes | undefined> {
  const end = await findLogEnd(db, log);
  if (!end) return undefined;
  const backwards = window.from === null;
  const to = Math.min(window.to ?? end.total, end.total);
  const from = Math.max(1, Math.min(window.from ?? to - window.count + 1, end.total));
  const last = Math.min(to, from + window.count - 1);
  const { rows } = await sql<{ seq: number; first_line: number } & LogChunk>`
    with wanted as (
      select seq, first_line, sum(octet_length(bytes)) over (order by seq ${sql.raw(backwards ? 'desc' : 'asc')}) as size,
             row_number() over (order by seq ${sql.raw(backwards ? 'desc' : 'asc')}) as place
      from log_chunks
      where run_id = ${log.runId} and phase = ${log.phase} and seq <= ${end.seq}
        and first_line + lines >= ${from - 1} and first_line < ${last}
    )
    select chunk.seq, chunk.first_line, chunk.bytes, chunk.at
    from wanted join log_chunks chunk on chunk.run_id = ${log.runId} and chunk.phase = ${log.phase} and chunk.seq = wanted.seq
    where wanted.size <= ${maxBytes} or wanted.place = 1
    order by chunk.seq`.execute(db);
  const first = rows[0];
  return {
    chunks: rows,
    first: from,
    last,
    linesBefore: first?.first_line ?? 0,
    fromStart: first?.seq === 1,
    toEnd: rows.at(-1)?.seq === end.seq,
    total: end.total,
    end: end.seq,
  };
}

async function findLogEnd(db: Kysely<Database>, log: LogName): Promise<{ seq: number; total: number } | undefined> {
  const { rows } = await sql<{ seq: number; total: number }>`
    select seq, first_line + lines +
      case when octet_length(bytes) > 0 and get_byte(bytes, octet_length(bytes) - 1) <> 10 then 1 else 0 end as total
    from log_chunks where run_id = ${log.runId} and phase = ${log.phase}
    order by seq desc limit 1`.execute(db);
  return rows[0];
}

/** All bytes of a phase in order, exactly as they came, a few chunks at a time. */
export async function* streamLog(db: Kysely<Database>, log: LogName): AsyncGenerator<Uint8Array, void, undefined> {
  let after = 0;
  for (;;) {
    const rows = await db
      .selectFrom('log_chunks')
      .select(['seq', 'bytes'])
      .where('run_id', '=', log.runId)
      .where('phase', '=', log.phase)
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(chunksPerRead)
      .execute();
    for (const row of rows) yield row.bytes;
    const last = rows.at(-1);
    if (!last || rows.length < chunksPerRead) return;
    after = last.seq;
  }
}

/** The phases of a run that have a log. */
export async function listLoggedPhases(db: Kysely<Database>, runId: string): Promise<LoggedPhase[]> {
  const rows = await db.selectFrom('log_chunks').select('phase').distinct().where('run_id', '=', runId).execute();
  return rows.map((row) => row.phase);
}

/** Chunks that are looked through for a text at most: some 32 MiB. */
const chunksToScan = 512;

/**
 * The first chunks before line `before` that have `text` in them, at most eight: the place where a person looks first.
 * The database looks, so that nothing but these travels; of a log that is longer than 512 chunks, only in the first of them.
 */
export async function findChunksWith(
  db: Kysely<Database>,
  log: LogName,
  wanted: { text: string; before: number },
): Promise<{ bytes: Buffer; firstLine: number }[]> {
  const { rows } = await sql<{ bytes: Buffer; firstLine: number }>`
    select bytes, first_line as "firstLine" from log_chunks
    where run_id = ${log.runId} and phase = ${log.phase} and seq <= ${chunksToScan} and first_line < ${wanted.before}
      and position(${Buffer.from(wanted.text)}::bytea in bytes) > 0
    order by seq limit 8`.execute(db);
  return rows;
}
