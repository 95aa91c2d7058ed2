import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';
import { toJsonb } from './to-jsonb.ts';

/** A process that was not seen for this long counts as gone. */
export const goneAfterSeconds = 10;

const recently = sql<Date>`clock_timestamp() - make_interval(secs => ${goneAfterSeconds})`;

export interface ProcessSeen {
  id: string;
  host: string;
  pid: number;
  place: string;
  startTime: string | null;
  /** How many executions it performs at once; 0 in a process that only serves. */
  slots: number;
  /** The names under which it locks jobs. */
  jobWorkers: string[];
  /** Such as `Terraform 1.11.4`. */
  engines: string[];
  /** How it keeps runs apart; null in a process that only serves. */
  isolation: { protected: boolean; says: string } | null;
}

/** Says that a process lives. */
export async function seeProcess(db: Kysely<Database>, seen: ProcessSeen): Promise<void> {
  const { host, pid, place, startTime, slots, jobWorkers, engines } = seen;
  const isolation = seen.isolation && toJsonb(seen.isolation);
  const row = { host, pid, place, start_time: startTime, slots, job_workers: jobWorkers, engines, isolation };
  await db
    .insertInto('workers')
    .values({ id: seen.id, ...row, seen_at: sql`clock_timestamp()` })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ ...row, seen_at: sql`clock_timestamp()` }))
    .execute();
}

export async function removeProcess(db: Kysely<Database>, id: string): Promise<void> {
  await db.deleteFrom('workers').where('id', '=', id).execute();
}

/** Slots of all workers that live. */
export async function countSlots(db: Kysely<Database>): Promise<number> {
  const row = await db
    .selectFrom('workers')
    .select(sql<number>`coalesce(sum(slots), 0)::int`.as('slots'))
    .where('seen_at', '>', recently)
    .executeTakeFirstOrThrow();
  return row.slots;
}

/** Names that hold jobs but belong to no process that lives: a kill -9 leaves a job locked for four hours. */
export async function listDeadJobWorkers(db: Kysely<Database>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select distinct job.locked_by as name from graphile_worker.jobs job
    where job.locked_at < ${recently}
      and not exists (select from workers where job.locked_by = any (workers.job_workers) and seen_at > ${recently})`.execute(
    db,
  );
  return rows.map((row) => row.name);
}

export async function forgetDeadProcesses(db: Kysely<Database>): Promise<void> {
  await db.deleteFrom('workers').where('seen_at', '<', sql<Date>`clock_timestamp() - interval '1 day'`).execute();
}
