import { type Kysely, sql } from 'kysely';
import type { Engine } from '../run/status.ts';
import { type Cursor, pageOf, seek } from './paging.ts';
import type { Database } from './schema.ts';

/** By the version's serial. */
export type SerialCursor = Cursor<string>;

export interface StateVersionsPage {
  /** Newest first. */
  versions: ListedVersion[];
  hasNewer: boolean;
  hasOlder: boolean;
}

export type ListedVersion = Awaited<ReturnType<typeof selectVersions>>[number];

/** One page of a stack's state versions. */
export async function listVersionsForPage(
  db: Kysely<Database>,
  query: { stackId: string; cursor: SerialCursor; perPage: number },
): Promise<StateVersionsPage> {
  const { rows: versions, ...ends } = pageOf(await selectVersions(db, query), query);
  return { versions, ...ends };
}

/** The version of that serial. */
export async function findVersionBySerial(
  db: Kysely<Database>,
  stackId: string,
  serial: string,
): Promise<ListedVersion | undefined> {
  return listed(db, stackId).where('version.serial', '=', serial).executeTakeFirst();
}

/** The newest version, or with `before` the newest below that serial. */
export async function findNewestVersion(
  db: Kysely<Database>,
  stackId: string,
  before?: string,
): Promise<ListedVersion | undefined> {
  return listed(db, stackId)
    .$if(before !== undefined, (rows) => rows.where('version.serial', '<', before ?? '0'))
    .orderBy('version.serial', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Counted up to `limit`. */
export async function countVersions(db: Kysely<Database>, stackId: string, limit: number): Promise<number> {
  const some = db.selectFrom('state_versions').select('id').where('stack_id', '=', stackId).limit(limit).as('some');
  const row = await db.selectFrom(some).select(sql<number>`count(*)`.as('count')).executeTakeFirstOrThrow();
  return row.count;
}

export interface ListedRejected {
  id: string;
  reason: string;
  size: number;
  created_at: Date;
  run_id: string | null;
  run_number: number | null;
}

/** Writes that were refused, the newest first; at most `limit`. */
export async function listRejectedStates(
  db: Kysely<Database>,
  stackId: string,
  limit: number,
): Promise<ListedRejected[]> {
  return db
    .selectFrom('rejected_states as rejected')
    .leftJoin('runs', 'runs.id', 'rejected.run_id')
    .select(['rejected.id', 'rejected.reason', 'rejected.size', 'rejected.created_at'])
    .select(['rejected.run_id', 'runs.number as run_number'])
    .where('rejected.stack_id', '=', stackId)
    .orderBy('rejected.created_at', 'desc')
    .limit(limit)
    .execute();
}

/** Whether that stack has that refused write. */
export async function hasRejectedState(db: Kysely<Database>, stackId: string, id: string): Promise<boolean> {
  const row = await db
    .selectFrom('rejected_states')
    .select('id')
    .where('stack_id', '=', stackId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row !== undefined;
}

function selectVersions(
  db: Kysely<Database>,
  { stackId, cursor, perPage }: { stackId: string; cursor: SerialCursor; perPage: number },
) {
  const { order, operator, at } = seek(cursor);
  return listed(db, stackId)
    .$if(at !== null, (rows) => rows.where('version.serial', operator, at ?? '0'))
    .orderBy('version.serial', order)
    .limit(perPage + 1)
    .execute();
}

function listed(db: Kysely<Database>, stackId: string) {
  return db
    .selectFrom('state_versions as version')
    .leftJoin('runs', 'runs.id', 'version.run_id')
    .leftJoin('state_versions as copied', 'copied.id', 'version.copy_of')
    .leftJoin('runs as first', 'first.id', 'copied.run_id')
    .select(['version.id', 'version.serial', 'version.lineage', 'version.size', 'version.created_at'])
    .select(['version.created_by', 'version.origin', 'copied.serial as copied_serial'])
    .select(['version.run_id', 'runs.number as run_number'])
    .select(sql<Engine | null>`coalesce(runs.engine, first.engine)`.as('engine'))
    .where('version.stack_id', '=', stackId);
}
