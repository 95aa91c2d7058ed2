import { type Insertable, type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { Database, PlansTable } from './schema.ts';

export type Plan = Selectable<PlansTable>;
/** Without the sealed files, which are large. */
export type PlanRow = Omit<Plan, 'file' | 'lock_file' | 'json'>;
type Db = Kysely<Database> | Transaction<Database>;

const light = [
  'id',
  'run_id',
  'stack_id',
  'commit_sha',
  'source_digest',
  'state_version_id',
  'external_state',
  'engine',
  'engine_version',
  'lock_file_sha256',
  'file_sha256',
  'providers',
  'summary',
  'has_changes',
  'created_at',
  'shown_at',
  'discarded_at',
  'discarded_by',
] as const;

export async function insertPlan(trx: Transaction<Database>, plan: Insertable<PlansTable>): Promise<void> {
  await trx.insertInto('plans').values(plan).execute();
}

export async function findPlanOfRun(db: Db, runId: string): Promise<PlanRow | undefined> {
  return db.selectFrom('plans').select(light).where('run_id', '=', runId).executeTakeFirst();
}

export async function listPlansOfRuns(db: Db, runIds: string[]): Promise<PlanRow[]> {
  if (runIds.length === 0) return [];
  return db.selectFrom('plans').select(light).where('run_id', 'in', runIds).execute();
}

export async function getPlan(db: Db, id: string): Promise<PlanRow> {
  return db.selectFrom('plans').select(light).where('id', '=', id).executeTakeFirstOrThrow();
}

/** With the sealed files, for an apply. */
export async function getPlanWithFiles(db: Db, id: string): Promise<Plan> {
  return db.selectFrom('plans').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

/** The providers that the stack was applied with last, before that plan was made. Null where that is not known. */
export async function findAppliedProviders(db: Db, plan: Pick<PlanRow, 'stack_id' | 'created_at'>) {
  const row = await db
    .selectFrom('applies')
    .innerJoin('plans', 'plans.id', 'applies.plan_id')
    .select('plans.providers')
    .where('plans.stack_id', '=', plan.stack_id)
    .where('applies.outcome', '=', 'succeeded')
    .where('applies.ended_at', '<', plan.created_at)
    .orderBy('applies.ended_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.providers ?? null;
}

export async function markPlansShown(db: Db, runIds: string[], at: Date): Promise<void> {
  if (runIds.length === 0) return;
  await db
    .updateTable('plans')
    .set({ shown_at: at })
    .where('run_id', 'in', runIds)
    .where('shown_at', 'is', null)
    .execute();
}

/** One that was used stays what it is: applied. Returns those that were discarded. */
export async function discardPlans(trx: Transaction<Database>, planIds: string[], by: string): Promise<string[]> {
  if (planIds.length === 0) return [];
  const discarded = await trx
    .updateTable('plans')
    .set({ discarded_at: new Date(), discarded_by: by })
    .where('id', 'in', planIds)
    .where('discarded_at', 'is', null)
    .where(sql<boolean>`not exists (select from applies where applies.plan_id = plans.id)`)
    .returning('id')
    .execute();
  return discarded.map(({ id }) => id);
}

/** The run that used a plan, if one did, and what came of that. */
export async function findApply(db: Db, planId: string) {
  return db
    .selectFrom('applies')
    .innerJoin('runs', 'runs.id', 'applies.run_id')
    .select(['applies.run_id', 'applies.outcome', 'runs.number as run_number'])
    .where('applies.plan_id', '=', planId)
    .executeTakeFirst();
}

/** Whether a run has used up its plan: from then on the engine may have changed something. */
export async function hasBegunApply(db: Db, runId: string): Promise<boolean> {
  const apply = await db.selectFrom('applies').select('run_id').where('run_id', '=', runId).executeTakeFirst();
  return apply !== undefined;
}
