import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';
import { leaseRanOut } from './sweeps.ts';
import { goneAfterSeconds } from './workers.ts';

type Db = Kysely<Database> | Transaction<Database>;

export interface LeasedRun {
  runId: string;
  generation: number;
  /** Whether it has used up its plan. */
  applying: boolean;
  /** Whether its worker has been silent for longer than its lease. */
  silent: boolean;
  pid: number;
  place: string;
  startTime: string | null;
}

/** Runs that other processes of a machine of that name have in hand, or had when they ended. */
export async function listLeasedOnHost(db: Db, host: string, own: string): Promise<LeasedRun[]> {
  return db
    .selectFrom('runs')
    .innerJoin('workers', 'workers.id', 'runs.worker_id')
    .leftJoin('applies', 'applies.run_id', 'runs.id')
    .select([
      'runs.id as runId',
      'runs.lease_generation as generation',
      'workers.pid',
      sql<string>`coalesce(workers.place, '')`.as('place'),
      'workers.start_time as startTime',
      sql<boolean>`applies.run_id is not null`.as('applying'),
      leaseRanOut().as('silent'),
    ])
    .where('runs.lease_expires_at', 'is not', null)
    .where('workers.host', '=', host)
    .where('workers.id', '!=', own)
    .execute();
}

/** Applies of runs that have ended while their engines may still have been at work at that place. */
export async function listUnwatchedEngines(db: Db, place: string): Promise<{ runId: string; planId: string }[]> {
  return db
    .selectFrom('applies')
    .innerJoin('runs', 'runs.id', 'applies.run_id')
    .select(['applies.run_id as runId', 'applies.plan_id as planId'])
    .where('applies.place', '=', place)
    .where('applies.engine_ended_at', 'is', null)
    .where('runs.ended_at', 'is not', null)
    .execute();
}

/** Whether it is known how the engine of that plan's apply ended, and what it left is kept. False if there is no such plan. */
export async function isApplyRecorded(db: Db, planId: string): Promise<boolean> {
  const apply = await db
    .selectFrom('applies')
    .select('run_id')
    .where(sql<string>`plan_id::text`, '=', planId)
    .where('engine_ended_at', 'is not', null)
    .executeTakeFirst();
  return apply !== undefined;
}

/** Says that the engine of the run's apply is known to have ended. */
export async function noteEngineEnded(db: Db, runId: string): Promise<void> {
  await db
    .updateTable('applies')
    .set({ engine_ended_at: sql<Date>`clock_timestamp()` })
    .where('run_id', '=', runId)
    .execute();
}

export async function readApplyStart(db: Db, runId: string): Promise<{ elapsedMs: number }> {
  return db
    .selectFrom('applies')
    .select(sql<number>`(extract(epoch from clock_timestamp() - started_at) * 1000)::float8`.as('elapsedMs'))
    .where('run_id', '=', runId)
    .executeTakeFirstOrThrow();
}

export interface LeftEngine {
  runNumber: number;
  /** The name of the machine, if it is known. */
  host: string;
  engineEnded: boolean;
  watched: boolean;
  secondsSinceEnd: number;
}

/** What is known of the engine of a run that was given up; undefined if it never used a plan. */
export async function findLeftEngine(db: Db, runId: string): Promise<LeftEngine | undefined> {
  return db
    .selectFrom('applies')
    .innerJoin('runs', 'runs.id', 'applies.run_id')
    .select([
      'runs.number as runNumber',
      sql<string>`coalesce(split_part(applies.place, ' ', 1), '')`.as('host'),
      sql<boolean>`applies.engine_ended_at is not null`.as('engineEnded'),
      sql<boolean>`exists (select from workers where workers.place = applies.place and workers.slots > 0
        and workers.seen_at > clock_timestamp() - make_interval(secs => ${goneAfterSeconds}))`.as('watched'),
      sql<number>`extract(epoch from clock_timestamp() - coalesce(runs.ended_at, clock_timestamp()))::float8`.as(
        'secondsSinceEnd',
      ),
    ])
    .where('applies.run_id', '=', runId)
    .executeTakeFirst();
}
