import type { Kysely, Selectable } from 'kysely';
import type { Database, PlansTable, PullRequestsTable, RunsTable } from './schema.ts';

/** A run with the names around it. */
export type PageRun = Selectable<RunsTable> & {
  stack_name: string;
  /** The stack's definition as it is now. */
  stack_definition: unknown;
  owner: string;
  repository: string;
};

export async function findPageRun(db: Kysely<Database>, id: string): Promise<PageRun | undefined> {
  return db
    .selectFrom('runs')
    .innerJoin('stacks', 'stacks.id', 'runs.stack_id')
    .innerJoin('repositories', 'repositories.id', 'runs.repository_id')
    .selectAll('runs')
    .select(['stacks.name as stack_name', 'stacks.definition as stack_definition'])
    .select(['repositories.owner', 'repositories.name as repository'])
    .where('runs.id', '=', id)
    .executeTakeFirst();
}

export async function findRunIdByNumber(db: Kysely<Database>, number: number): Promise<string | undefined> {
  const row = await db.selectFrom('runs').select('id').where('number', '=', number).executeTakeFirst();
  return row?.id;
}

/** A plan as people see it; its sealed files stay where they are. */
export type PagePlan = Pick<
  Selectable<PlansTable>,
  'id' | 'run_id' | 'summary' | 'has_changes' | 'created_at' | 'discarded_at' | 'discarded_by'
> & { run_number: number; used_by_run_id: string | null; used_by_run_number: number | null };

/** The plan that the run made, or else the one it adopted, with the run that used it up. */
export async function findPagePlan(
  db: Kysely<Database>,
  run: { id: string; adopted_plan_id: string | null },
): Promise<PagePlan | undefined> {
  return db
    .selectFrom('plans')
    .innerJoin('runs as maker', 'maker.id', 'plans.run_id')
    .leftJoin('applies', 'applies.plan_id', 'plans.id')
    .leftJoin('runs as user', 'user.id', 'applies.run_id')
    .select([
      'plans.id',
      'plans.run_id',
      'plans.summary',
      'plans.has_changes',
      'plans.created_at',
      'plans.discarded_at',
      'plans.discarded_by',
      'maker.number as run_number',
      'user.id as used_by_run_id',
      'user.number as used_by_run_number',
    ])
    .where((is) =>
      run.adopted_plan_id === null ? is('plans.run_id', '=', run.id) : is('plans.id', '=', run.adopted_plan_id),
    )
    .executeTakeFirst();
}

/** A pull request as last recorded, with the newest run that plans the stack at the same commit: its plan counts. */
export type PlannedPull = Pick<Selectable<PullRequestsTable>, 'number' | 'state' | 'draft' | 'fork' | 'head_sha'> & {
  newest_run_id: string;
  newest_run_number: number;
};

/** The pull request that a run plans; undefined if it plans none. */
export async function findPlannedPull(
  db: Kysely<Database>,
  run: Pick<PageRun, 'type' | 'repository_id' | 'pull_request_number' | 'stack_id' | 'commit_sha'>,
): Promise<PlannedPull | undefined> {
  if (run.type !== 'plan_only') return undefined;
  return db
    .selectFrom('pull_requests as pull')
    .innerJoin('runs as newest', (join) =>
      join
        .onRef('newest.repository_id', '=', 'pull.repository_id')
        .onRef('newest.pull_request_number', '=', 'pull.number'),
    )
    .select(['pull.number', 'pull.state', 'pull.draft', 'pull.fork', 'pull.head_sha'])
    .select(['newest.id as newest_run_id', 'newest.number as newest_run_number'])
    .where('pull.repository_id', '=', run.repository_id)
    .where('pull.number', '=', run.pull_request_number)
    .where('newest.type', '=', 'plan_only')
    .where('newest.stack_id', '=', run.stack_id)
    .where('newest.commit_sha', '=', run.commit_sha)
    .orderBy('newest.number', 'desc')
    .limit(1)
    .executeTakeFirst();
}
