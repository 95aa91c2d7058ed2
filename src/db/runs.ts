import type { InsertObject, Kysely, Selectable, Transaction } from 'kysely';
import type { ApplyStep } from '../execution/contract.ts';
import type { OrderedRun } from '../run/order.ts';
import type { Engine } from '../run/status.ts';
import { finalStatuses } from '../run/transition.ts';
import { fromNow } from './from-now.ts';
import type { Database, RunsTable } from './schema.ts';
import { toJsonb } from './to-jsonb.ts';

export type Run = Selectable<RunsTable>;
export type NewRun = InsertObject<Database, 'runs'>;
type Db = Kysely<Database> | Transaction<Database>;

export async function findRun(db: Db, id: string): Promise<Run | undefined> {
  return db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function getRun(db: Db, id: string): Promise<Run> {
  return db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

export async function lockRun(trx: Transaction<Database>, id: string): Promise<Run | undefined> {
  return trx.selectFrom('runs').selectAll().where('id', '=', id).forNoKeyUpdate().executeTakeFirst();
}

/** With its stack's row before it, as `lockStack` says, in one statement. */
export async function lockRunAndStack(trx: Transaction<Database>, id: string): Promise<Run | undefined> {
  return trx
    .with('stack', (db) =>
      db
        .selectFrom('stacks')
        .select('stacks.id')
        .where('stacks.id', '=', (row) => row.selectFrom('runs').select('stack_id').where('runs.id', '=', id))
        .forNoKeyUpdate(),
    )
    .selectFrom('runs')
    .innerJoin('stack', 'stack.id', 'runs.stack_id')
    .selectAll('runs')
    .where('runs.id', '=', id)
    .forNoKeyUpdate(['runs'])
    .executeTakeFirst();
}

export async function insertRun(trx: Transaction<Database>, run: NewRun): Promise<Run> {
  return trx.insertInto('runs').values(run).returningAll().executeTakeFirstOrThrow();
}

/** Those of a stack that have not ended, oldest first. */
export async function listLiveRuns(db: Db, stackId: string): Promise<Run[]> {
  return db
    .selectFrom('runs')
    .selectAll()
    .where('stack_id', '=', stackId)
    .where('status', 'not in', finalStatuses)
    .orderBy('number')
    .execute();
}

export async function listLiveRunsOfPullRequest(db: Db, repositoryId: number, number: number): Promise<Run[]> {
  return db
    .selectFrom('runs')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('pull_request_number', '=', number)
    .where('status', 'not in', finalStatuses)
    .orderBy('number')
    .execute();
}

export async function listLiveRunsOfRepository(db: Db, repositoryId: number): Promise<Run[]> {
  return db
    .selectFrom('runs')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('status', 'not in', finalStatuses)
    .orderBy('number')
    .execute();
}

/** The newest plan-only run per stack that was made for this commit of a pull request. */
export async function listPlanRuns(
  db: Db,
  pull: { repositoryId: number; number: number; commit: string },
): Promise<Run[]> {
  return db
    .selectFrom('runs')
    .selectAll()
    .distinctOn('stack_id')
    .where('repository_id', '=', pull.repositoryId)
    .where('pull_request_number', '=', pull.number)
    .where('commit_sha', '=', pull.commit)
    .where('type', '=', 'plan_only')
    .orderBy('stack_id')
    .orderBy('number', 'desc')
    .execute();
}

/** The newest run that a push made at this commit, since a time or ever, by the id of its stack. */
export async function stacksRunByPush(
  db: Db,
  push: { repositoryId: number; commit: string; since: Date | null },
): Promise<Map<string, Run>> {
  const rows = await db
    .selectFrom('runs')
    .selectAll()
    .where('repository_id', '=', push.repositoryId)
    .where('commit_sha', '=', push.commit)
    .where('trigger', '=', 'push')
    .$if(push.since !== null, (query) => query.where('created_at', '>=', push.since ?? new Date(0)))
    .orderBy('number')
    .execute();
  return new Map(rows.map((row) => [row.stack_id, row]));
}

/** The run that a command made on a stack. */
export async function findRunOfCommand(db: Db, commandId: string, stackId: string): Promise<Run | undefined> {
  return db
    .selectFrom('runs')
    .selectAll()
    .where('stack_id', '=', stackId)
    .where('command_id', '=', commandId)
    .executeTakeFirst();
}

/** What `run/order` looks at. */
export function ordered(run: Run): OrderedRun {
  return {
    id: run.id,
    number: run.number,
    type: run.type,
    status: run.status,
    adopted: run.adopted_plan_id !== null,
    pullRequest: run.pull_request_number,
  };
}

/** A worker's hold on a run, carried by each of its writes. */
export interface Lease {
  runId: string;
  generation: number;
}

/** Extends a worker's lease by database time, and tells whether the run is still this worker's and whether to stop. */
export async function extendLease(db: Db, lease: Lease, seconds: number): Promise<{ held: boolean; cancel: boolean }> {
  const row = await db
    .updateTable('runs')
    .set({ lease_expires_at: fromNow(seconds) })
    .where('id', '=', lease.runId)
    .where('lease_generation', '=', lease.generation)
    .where('lease_expires_at', 'is not', null)
    .returning('cancel_requested_at')
    .executeTakeFirst();
  return { held: row !== undefined, cancel: row?.cancel_requested_at != null };
}

/** Keeps which engine works for a run. False when the lease is old: nothing was written. */
export async function saveEngine(db: Db, lease: Lease, used: { engine: Engine; version: string }): Promise<boolean> {
  const result = await db
    .updateTable('runs')
    .set({ engine: used.engine, engine_version: used.version })
    .where('id', '=', lease.runId)
    .where('lease_generation', '=', lease.generation)
    .where('lease_expires_at', 'is not', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Keeps how far an apply has come. False when the lease is old: nothing was written. */
export async function saveApplySteps(db: Db, lease: Lease, steps: readonly ApplyStep[]): Promise<boolean> {
  const result = await db
    .updateTable('runs')
    .set({ apply_steps: toJsonb(steps) })
    .where('id', '=', lease.runId)
    .where('lease_generation', '=', lease.generation)
    .where('lease_expires_at', 'is not', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Numbers of the pull requests that had runs of a commit. */
export async function listPullRequestsOf(db: Db, repositoryId: number, commit: string): Promise<number[]> {
  const rows = await db
    .selectFrom('runs')
    .select('pull_request_number')
    .distinct()
    .where('repository_id', '=', repositoryId)
    .where('commit_sha', '=', commit)
    .where('pull_request_number', 'is not', null)
    .execute();
  return rows.flatMap(({ pull_request_number: number }) => (number === null ? [] : [number]));
}
