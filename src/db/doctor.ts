import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

/** What the doctor's page asks the database. */
export interface InstallationFacts {
  database: {
    version: string;
    /** The database's clock. */
    now: Date;
    /** Settings under which PostgreSQL may lose what it acknowledged, with their values. */
    unsafe: string[];
  };
  workers: {
    host: string;
    pid: number;
    slots: number;
    engines: string[];
    isolation: { protected: boolean; says: string } | null;
    seenAt: Date;
    live: boolean;
  }[];
  holds: {
    stackId: string;
    stack: string;
    repositoryId: number;
    repository: string;
    reason: string;
    note: string;
    since: Date;
    runId: string | null;
    runNumber: number | null;
  }[];
  deliveries: { lastReceivedAt: Date | null; unhandled: number };
  /** Runs that could start if a worker had a free slot, and since when the oldest waits. */
  waiting: { runs: number; since: Date | null };
  /** Jobs that have been tried as often as they may. */
  deadJobs: number;
}

/** Stacks that are held, and why: the oldest first. */
async function listHeldStacks(db: Kysely<Database>): Promise<InstallationFacts['holds']> {
  return db
    .selectFrom('stack_holds as hold')
    .innerJoin('stacks', 'stacks.id', 'hold.stack_id')
    .innerJoin('repositories', 'repositories.id', 'stacks.repository_id')
    .leftJoin('runs', 'runs.id', 'hold.run_id')
    .select([
      'stacks.id as stackId',
      'stacks.name as stack',
      'stacks.repository_id as repositoryId',
      'hold.reason',
      'hold.note',
      'hold.created_at as since',
      'runs.id as runId',
      'runs.number as runNumber',
      sql<string>`repositories.owner || '/' || repositories.name`.as('repository'),
    ])
    .where('hold.released_at', 'is', null)
    .orderBy('hold.created_at')
    .limit(500)
    .execute();
}

export async function readInstallationFacts(db: Kysely<Database>): Promise<InstallationFacts> {
  const [database, workers, holds, counts] = await Promise.all([
    readDatabaseFacts(db),
    listWorkers(db),
    listHeldStacks(db),
    readCounts(db),
  ]);
  return { database, workers, holds, ...counts };
}

/** PostgreSQL 18's docs, "Asynchronous Commit" and "fsync": each of these off can lose what was acknowledged. */
async function readDatabaseFacts(db: Kysely<Database>): Promise<InstallationFacts['database']> {
  const { rows } = await sql<{ version: string; now: Date; unsafe: string[] }>`
    select current_setting('server_version') as version, clock_timestamp() as now,
           array(select name || ' is ' || setting from pg_settings
                 where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off') as unsafe`.execute(
    db,
  );
  const facts = rows[0];
  if (!facts) throw new Error('PostgreSQL answered without a row');
  return facts;
}

async function listWorkers(db: Kysely<Database>): Promise<InstallationFacts['workers']> {
  const rows = await db
    .selectFrom('workers')
    .select(['host', 'pid', 'slots', 'engines', 'isolation', 'seen_at'])
    .select(sql<boolean>`seen_at > clock_timestamp() - interval '10 seconds'`.as('live'))
    .orderBy('seen_at', 'desc')
    .limit(200)
    .execute();
  return rows.map(({ seen_at: seenAt, ...row }) => ({ ...row, seenAt }));
}

async function readCounts(
  db: Kysely<Database>,
): Promise<Pick<InstallationFacts, 'deliveries' | 'waiting' | 'deadJobs'>> {
  const { rows } = await sql<{ last: Date | null; unhandled: number; runs: number; since: Date | null; dead: number }>`
    select (select max(received_at) from deliveries) as last,
           (select count(*)::int from deliveries where handled_at is null) as unhandled,
           (select count(*)::int from runs where status in ('queued', 'approved') and deadline_at is not null and lease_expires_at is null) as runs,
           (select min(status_since) from runs where status in ('queued', 'approved') and deadline_at is not null and lease_expires_at is null) as since,
           (select count(*)::int from graphile_worker.jobs where attempts >= max_attempts and locked_at is null) as dead`.execute(
    db,
  );
  const found = rows[0];
  return {
    deliveries: { lastReceivedAt: found?.last ?? null, unhandled: found?.unhandled ?? 0 },
    waiting: { runs: found?.runs ?? 0, since: found?.since ?? null },
    deadJobs: found?.dead ?? 0,
  };
}
