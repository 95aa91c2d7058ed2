import { type Kysely, sql } from 'kysely';
import type { LoggedPhase } from '../run/status.ts';
import type { Lease } from './runs.ts';
import type { Database } from './schema.ts';

/**
 * Appends bytes to a phase's log, exactly as they came. False when the lease is old: nothing was written. One
 * statement numbers the chunk and counts its lines, so a reader never sees a gap.
 */
export async function appendLog(
  db: Kysely<Database>,
  lease: Lease,
  phase: LoggedPhase,
  bytes: Uint8Array,
): Promise<boolean> {
  const lines = countNewlines(bytes);
  const result = await sql`
    insert into log_chunks (run_id, phase, seq, bytes, lines, first_line)
    select run.id, ${phase}, coalesce(last.seq, 0) + 1, ${Buffer.from(bytes)}, ${lines}::int,
           coalesce(last.first_line + last.lines, 0)
    from runs run
    left join lateral (
      select seq, first_line, lines from log_chunks
      where run_id = run.id and phase = ${phase} order by seq desc limit 1
    ) last on true
    where run.id = ${lease.runId} and run.lease_generation = ${lease.generation} and run.lease_expires_at is not null
    returning seq`.execute(db);
  return result.rows.length === 1;
}

function countNewlines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) count += 1;
  return count;
}
