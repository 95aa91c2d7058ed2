import { type Kysely, sql } from 'kysely';
import type { RunStatus, RunType } from '../run/status.ts';
import { type Cursor, pageOf, seek } from './paging.ts';
import type { Database } from './schema.ts';

/** By the run's number. */
export type RunCursor = Cursor<number>;

export interface RunsQuery {
  /** Whose runs: a stack's, or a pull request's. */
  of: { stackId: string } | { repositoryId: number; pullRequest: number };
  by: string | null;
  type: RunType | null;
  status: RunStatus | null;
  cursor: RunCursor;
  perPage: number;
}

export type ListedRun = Awaited<ReturnType<typeof selectRuns>>[number];

export interface RunsPage {
  /** Newest first. */
  runs: ListedRun[];
  hasNewer: boolean;
  hasOlder: boolean;
}

export async function listRunsForPage(db: Kysely<Database>, query: RunsQuery): Promise<RunsPage> {
  const { rows: runs, ...ends } = pageOf(await selectRuns(db, query), query);
  return { runs, ...ends };
}

/** How many runs match, counted up to `limit`: an exact count of a long history would cost more than the page. */
export async function countRunsForPage(db: Kysely<Database>, query: RunsQuery, limit: number): Promise<number> {
  const some = matching(db, query).select('runs.id').limit(limit).as('some');
  const row = await db.selectFrom(some).select(sql<number>`count(*)`.as('count')).executeTakeFirstOrThrow();
  return row.count;
}

/** Everybody who triggered a run of the stack, at most `limit`; hops through the index from name to name. */
export async function listTriggeredBy(db: Kysely<Database>, stackId: string, limit: number): Promise<string[]> {
  const { rows } = await sql<{ login: string }>`
    with recursive people (login) as (
      (select triggered_by from runs where stack_id = ${stackId} order by triggered_by limit 1)
      union all
      select (select triggered_by from runs where stack_id = ${stackId} and triggered_by > people.login
              order by triggered_by limit 1)
      from people where people.login is not null
    )
    select login from people where login is not null limit ${limit}`.execute(db);
  return rows.map((row) => row.login);
}

function selectRuns(db: Kysely<Database>, query: RunsQuery) {
  const { order, operator, at } = seek(query.cursor);
  return matching(db, query)
    .innerJoin('stacks', 'stacks.id', 'runs.stack_id')
    .select(listedColumns)
    .$if(at !== null, (rows) => rows.where('runs.number', operator, at ?? 0))
    .orderBy('runs.number', order)
    .limit(query.perPage + 1)
    .execute();
}

function matching(db: Kysely<Database>, { of, by, type, status }: RunsQuery) {
  const all = db.selectFrom('runs');
  const owned =
    'stackId' in of
      ? all.where('runs.stack_id', '=', of.stackId)
      : all.where('runs.repository_id', '=', of.repositoryId).where('runs.pull_request_number', '=', of.pullRequest);
  return owned
    .$if(by !== null, (rows) => rows.where('runs.triggered_by', '=', by ?? ''))
    .$if(type !== null, (rows) => rows.where('runs.type', '=', type ?? 'tracked'))
    .$if(status !== null, (rows) => rows.where('runs.status', '=', status ?? 'queued'));
}

const listedColumns = [
  'runs.id',
  'runs.number',
  'runs.type',
  'runs.status',
  'runs.add_count',
  'runs.change_count',
  'runs.destroy_count',
  'runs.engine',
  'runs.engine_version',
  'runs.created_at',
  'runs.started_at',
  'runs.ended_at',
  'runs.triggered_by',
  'runs.trigger_reason',
  'stacks.id as stack_id',
  'stacks.name as stack_name',
] as const;
