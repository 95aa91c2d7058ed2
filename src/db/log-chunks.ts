import { type Kysely, sql } from 'kysely';
import type { LoggedPhase } from '../run/status.ts';
import type { Lease } from './runs.ts';
import type { Database } from './schema.ts';

export interface LogPosition {
  /** Chunks in all. */
  seq: number;
  bytes: number;
}

/** How far a phase's log goes. */
export async function readLogPosition(db: Kysely<Database>, runId: string, phase: LoggedPhase): Promise<LogPosition> {
  return db
    .selectFrom('log_chunks')
    .select([
      sql<number>`coalesce(max(seq), 0)`.as('seq'),
      sql<number>`coalesce(sum(length(bytes)), 0)::bigint`.as('bytes'),
    ])
    .where('run_id', '=', runId)
    .where('phase', '=', phase)
    .executeTakeFirstOrThrow();
}

/**
 * Adds the chunk of that number to a phase's log, its bytes exactly as they came. False when the lease is old: nothing
 * was written; the run's row is locked, so that no claim comes between the look and the write. Done again after a lost
 * reply it finds its chunk there and is content. One statement counts the lines, so a reader never sees a gap.
 */
export async function appendLog(
  db: Kysely<Database>,
  lease: Lease,
  chunk: { phase: LoggedPhase; seq: number; bytes: Uint8Array },
): Promise<boolean> {
  const { phase, seq, bytes } = chunk;
  const lines = countNewlines(bytes);
  const { rows } = await sql<{ seq: number | null }>`
    with run as (
      select id from runs
      where id = ${lease.runId} and lease_generation = ${lease.generation} and lease_expires_at is not null
      for share
    ), written as (
      insert into log_chunks (run_id, phase, seq, bytes, lines, first_line)
      select run.id, ${phase}, ${seq}::int, ${Buffer.from(bytes)}, ${lines}::int,
             coalesce(last.first_line + last.lines, 0)
      from run left join log_chunks last on last.run_id = run.id and last.phase = ${phase} and last.seq = ${seq}::int - 1
      where last.seq is not null or ${seq}::int = 1
      on conflict (run_id, phase, seq) do nothing
      returning seq
    )
    select coalesce(written.seq, there.seq) as seq from run
      left join written on true
      left join log_chunks there on there.run_id = run.id and there.phase = ${phase} and there.seq = ${seq}::int`.execute(
    db,
  );
  const [row] = rows;
  if (row === undefined) return false;
  if (row.seq === null) throw new Error(`Chunk ${seq} of the ${phase} log of run ${lease.runId} has none before it`);
  return true;
}

function countNewlines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) count += 1;
  return count;
}
