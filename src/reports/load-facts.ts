import { findPullRequest, type PullRequest } from '../db/pull-requests.ts';
import { findRepository, type Repository } from '../db/repositories.ts';
import { listPlanRuns, type Run } from '../db/runs.ts';
import { listHolds } from '../db/stack-holds.ts';
import type { Stack } from '../db/stacks.ts';
import { othersHold } from '../run/order.ts';
import { isFinal } from '../run/transition.ts';
import type { StackDefinition } from '../stack/definition.ts';
import type { ReportDeps } from './deps.ts';
import type { PullRequestFacts, RepositoryFacts, StackFacts } from './facts.ts';
import { loadRunFacts } from './load-run-facts.ts';
import { markBehind } from './mark-behind.ts';
import { forkPlanNote } from './words/notes.ts';

export interface LoadedPullRequest {
  facts: PullRequestFacts;
  repository: Repository;
  row: PullRequest;
  /** The runs whose plans the facts show. */
  planRuns: Run[];
}

/** Everything that a pull request's comment and checks are rendered from, as it is now. Undefined if it is not known. */
export async function loadPullRequestFacts(
  deps: ReportDeps,
  pull: { repositoryId: number; number: number },
): Promise<LoadedPullRequest | undefined> {
  const repository = await findRepository(deps.db, pull.repositoryId);
  const row = await findPullRequest(deps.db, pull.repositoryId, pull.number);
  // Where the App was taken off, nothing can be told any more.
  if (!repository || repository.removed_at || !row) return undefined;
  const names = row.affected.map((stack) => stack.name);
  const stacks = await listNamedStacks(deps, repository.id, names);
  const planRuns = await listPlanRuns(deps.db, {
    repositoryId: repository.id,
    number: row.number,
    commit: row.head_sha,
  });
  const facts: PullRequestFacts = {
    repository: repositoryFacts(deps, repository),
    number: row.number,
    headSha: row.head_sha,
    baseBranch: row.base_ref,
    draft: row.draft,
    fork: row.fork,
    ...(row.state === 'open' ? {} : { ended: row.state }),
    runsUrl: `${deps.publicUrl}/pr/${repository.owner}/${repository.name}/${row.number}`,
    stacks: shownOf(row, await stackFacts(deps, row, { stacks, planRuns })),
    configError: row.config_error,
    rules: row.rules,
    notes: row.fork && planRuns.length > 0 ? [...row.notes, forkPlanNote] : row.notes,
    detail: detailOf(repository),
    previous: await previousFacts(deps, row, { stacks, planRuns }),
  };
  return { facts, repository, row, planRuns };
}

/** Of a draft only some stacks may be planned: then the others are not waited for. */
function shownOf(row: PullRequest, stacks: StackFacts[]): StackFacts[] {
  const planned = stacks.filter(({ run }) => run !== null);
  return row.draft && planned.length > 0 ? planned : stacks;
}

/** What a public repository's comment or check shows, everybody sees, and for ever. */
export function detailOf(repository: Repository): PullRequestFacts['detail'] {
  return repository.comment_detail ?? (repository.private ? 'diff' : 'resources');
}

export function repositoryFacts(deps: ReportDeps, repository: Repository): RepositoryFacts {
  const { owner, name } = repository;
  return { owner, name, url: `${deps.githubServerUrl}/${owner}/${name}` };
}

/** Where a run of it plans: a pull request may have the stack in another directory than the branch that it tracks. */
export function pathOf(stack: Stack, run: Run | undefined): string {
  return (run?.definition as Partial<StackDefinition> | undefined)?.path ?? stack.path;
}

async function listNamedStacks(deps: ReportDeps, repositoryId: number, names: string[]): Promise<Stack[]> {
  if (names.length === 0) return [];
  return deps.db
    .selectFrom('stacks')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('name', 'in', names)
    .orderBy('name')
    .execute();
}

interface Shown {
  stacks: Stack[];
  planRuns: Run[];
}

async function stackFacts(deps: ReportDeps, row: PullRequest, { stacks, planRuns }: Shown): Promise<StackFacts[]> {
  const applied = await listAppliesOf(deps, row, planRuns);
  const facts = await loadRunFacts(deps, [...planRuns, ...applied.map((one) => one.run)]);
  const holds = await listHolds(
    deps.db,
    stacks.map((stack) => stack.id),
  );
  const shown = stacks.map((stack) => {
    const run = planRuns.find((one) => one.stack_id === stack.id);
    const apply = applied.find((one) => one.run.stack_id === stack.id);
    const held = othersHold(
      { pull_request_number: row.number },
      holds.filter((hold) => hold.stack_id === stack.id),
    );
    return {
      name: stack.name,
      path: pathOf(stack, run),
      run: (run && facts.get(run.id)) ?? null,
      applied: (apply && facts.get(apply.run.id)) ?? null,
      heldBy: held
        ? held.pull_request_number === null
          ? held.note
          : `by pull request #${held.pull_request_number}`
        : null,
    };
  });
  return markBehind(deps, row.repository_id, { facts: shown, planRuns });
}

/** The newest run that adopted one of these plans, a stack. */
async function listAppliesOf(deps: ReportDeps, row: PullRequest, planRuns: Run[]): Promise<{ run: Run }[]> {
  if (planRuns.length === 0) return [];
  const runs = await deps.db
    .selectFrom('runs')
    .innerJoin('plans', 'plans.id', 'runs.adopted_plan_id')
    .selectAll('runs')
    .where('runs.repository_id', '=', row.repository_id)
    .where(
      'plans.run_id',
      'in',
      planRuns.map((run) => run.id),
    )
    .orderBy('runs.number', 'desc')
    .execute();
  return runs.map((run) => ({ run }));
}

/** While the plans of this head are on their way, what an earlier one of the pull request showed. */
async function previousFacts(
  deps: ReportDeps,
  row: PullRequest,
  shown: Shown,
): Promise<NonNullable<PullRequestFacts['previous']> | null> {
  const waiting = row.affected.length > shown.planRuns.length || shown.planRuns.some((run) => !isFinal(run.status));
  if (!waiting) return null;
  const last = await deps.db
    .selectFrom('runs')
    .innerJoin('plans', 'plans.run_id', 'runs.id')
    .select('runs.commit_sha')
    .where('runs.repository_id', '=', row.repository_id)
    .where('runs.pull_request_number', '=', row.number)
    .where('runs.type', '=', 'plan_only')
    .where('plans.shown_at', 'is not', null)
    .orderBy('runs.number', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!last || last.commit_sha === row.head_sha) return null;
  const earlier = await listPlanRuns(deps.db, {
    repositoryId: row.repository_id,
    number: row.number,
    commit: last.commit_sha,
  });
  const stacks = await stackFacts(deps, row, { stacks: shown.stacks, planRuns: earlier });
  return { headSha: last.commit_sha, stacks: stacks.filter((stack) => stack.run !== null), because: null };
}
