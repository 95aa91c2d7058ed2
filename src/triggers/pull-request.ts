import type { Tasks } from '../db/jobs.ts';
import { oneAtATime } from '../db/one-at-a-time.ts';
import { setPullRequestFindings, upsertPullRequest } from '../db/pull-requests.ts';
import { getRepository, type Repository } from '../db/repositories.ts';
import { listLiveRunsOfPullRequest, listPlanRuns, type Run } from '../db/runs.ts';
import { listPullRequestHolds, releaseHolds } from '../db/stack-holds.ts';
import type { Stack } from '../db/stacks.ts';
import { refOf } from '../github/github.ts';
import { findPullRequestNow, type PullRequestNow } from '../github/pull-requests.ts';
import { advance } from '../queue/advance.ts';
import { requestPullRequestReport } from '../queue/request-report.ts';
import { wakeNextOnStack } from '../queue/wake.ts';
import { affectedByPullRequest } from './affected-by-pull-request.ts';
import { createRun } from './create-runs.ts';
import type { TriggerDeps } from './deps.ts';

export interface PullRequestCause {
  trigger: 'pull_request' | 'command' | 'page';
  /** A login. */
  triggeredBy: string;
  /** Only these stacks, by name; default all that are touched. */
  only?: string[];
  /** Plan a draft too: somebody asked for it. */
  drafts?: boolean;
  /** The head that a webhook speaks of. */
  head?: string;
  commandId?: string;
}

/**
 * Brings a pull request's runs to what it is now: plans what its head touches, ends what an older head started, lets
 * go of everything when it is closed. The pull request is read from the API; what woke us is a hint. One at a time, so
 * that of two pushes the later one's head is acted on last. Returns the runs that plan it, and what was done in a few
 * words.
 */
export async function planPullRequest(
  deps: TriggerDeps,
  repository: Repository,
  cause: PullRequestCause & { number: number },
): Promise<{ runs: Run[]; outcome: string }> {
  return oneAtATime(deps.db, `plan:${repository.id}:${cause.number}`, () => planOne(deps, repository, cause));
}

async function planOne(
  deps: TriggerDeps,
  repository: Repository,
  cause: PullRequestCause & { number: number },
): Promise<{ runs: Run[]; outcome: string }> {
  const pull = await findPullRequestNow(deps.github, refOf(repository), cause.number);
  if (!pull) return { runs: [], outcome: `there is no pull request #${cause.number}` };
  await recordPullRequest(deps, repository, pull);
  if (pull.state !== 'open') return { runs: [], outcome: await endPullRequest(deps, repository, pull) };
  const found = await affectedByPullRequest(deps, repository, pull);
  await setPullRequestFindings(
    deps.db,
    { repository_id: repository.id, number: pull.number },
    {
      affected: found.affected.map(({ stack, because }) => ({ name: stack.name, because })),
      rules: found.rules,
      notes: found.notes,
      config_error: found.configError,
    },
  );
  const runs: Run[] = [];
  if (mayPlan(pull, cause)) {
    const planned = await plannedAlready(deps, repository, { pull, cause });
    for (const one of found.affected.filter(({ stack }) => isWanted(stack, cause) && !planned.has(stack.id)))
      runs.push(await createRun(deps.db, { ...wishFor(pull, cause), ...one, reason: reasonFor(one, cause) }));
  }
  await endOlder(deps, repository, pull);
  await requestPullRequestReport(deps.db, { repositoryId: repository.id, number: pull.number });
  return { runs, outcome: outcomeOf(pull, runs) };
}

/** As `planPullRequest`, asked for by a job: one stack whose plan was found stale. */
export async function planStackAgain(deps: TriggerDeps, stale: Tasks['plan_again']): Promise<void> {
  const repository = await getRepository(deps.db, stale.repositoryId);
  await planPullRequest(deps, repository, {
    number: stale.number,
    trigger: 'command',
    triggeredBy: stale.user,
    only: [stale.stack],
  });
}

function isWanted(stack: Stack, cause: PullRequestCause): boolean {
  return cause.only?.includes(stack.name) ?? true;
}

/**
 * A webhook about an older head than the present one came late: what the newer one's webhook has had planned is not
 * planned again.
 */
async function plannedAlready(
  deps: TriggerDeps,
  repository: Repository,
  { pull, cause }: { pull: PullRequestNow; cause: PullRequestCause },
): Promise<Set<string>> {
  if (cause.head === undefined || cause.head === pull.headSha) return new Set();
  const at = { repositoryId: repository.id, number: pull.number, commit: pull.headSha };
  return new Set((await listPlanRuns(deps.db, at)).map((run) => run.stack_id));
}

function mayPlan(pull: PullRequestNow, cause: PullRequestCause): boolean {
  return !pull.fork && (!pull.draft || cause.drafts === true);
}

function wishFor(pull: PullRequestNow, cause: PullRequestCause) {
  return {
    type: 'plan_only' as const,
    trigger: cause.trigger,
    triggeredBy: cause.triggeredBy,
    branch: pull.headRef,
    commit: { sha: pull.headSha, title: pull.title },
    pullRequest: pull.number,
    report: false,
    ...(cause.commandId === undefined ? {} : { commandId: cause.commandId }),
  };
}

function reasonFor({ because }: { because: string }, cause: PullRequestCause): string {
  return cause.trigger === 'pull_request' ? `pull request touched ${because}` : `${cause.triggeredBy} asked for a plan`;
}

function outcomeOf(pull: PullRequestNow, runs: Run[]): string {
  if (pull.fork) return 'a fork: not planned';
  if (pull.draft && runs.length === 0) return 'a draft: not planned';
  return runs.length === 0 ? 'no stacks affected' : `plans ${runs.map((run) => `#${run.number}`).join(', ')}`;
}

/** Plans of an older head, and of stacks that the new head does not touch. */
async function endOlder(deps: TriggerDeps, repository: Repository, pull: PullRequestNow): Promise<void> {
  const live = await listLiveRunsOfPullRequest(deps.db, repository.id, pull.number);
  const by = pull.headSha.slice(0, 7);
  for (const run of live) {
    if (run.type !== 'plan_only' || run.commit_sha === pull.headSha) continue;
    await advance(deps.db, { runId: run.id, event: { type: 'superseded', by }, actor: 'zenfra' });
  }
}

export async function recordPullRequest(
  deps: TriggerDeps,
  repository: Repository,
  pull: PullRequestNow,
): Promise<void> {
  await upsertPullRequest(deps.db, {
    repository_id: repository.id,
    number: pull.number,
    title: pull.title,
    author: pull.author,
    head_sha: pull.headSha,
    head_ref: pull.headRef,
    base_ref: pull.baseRef,
    state: pull.state,
    draft: pull.draft,
    fork: pull.fork,
  });
}

/** Merged or closed: its plans are of no use any more, and its stacks are free for others. */
async function endPullRequest(deps: TriggerDeps, repository: Repository, pull: PullRequestNow): Promise<string> {
  for (const run of await listLiveRunsOfPullRequest(deps.db, repository.id, pull.number)) {
    if (run.type !== 'plan_only') continue;
    await advance(deps.db, {
      runId: run.id,
      event: { type: 'cancel_requested', by: 'the end of the pull request' },
      actor: 'zenfra',
    });
  }
  await releasePullRequestHolds(deps, {
    repositoryId: repository.id,
    number: pull.number,
    by: 'the end of the pull request',
  });
  return `the pull request is ${pull.state}`;
}

/** Lets go of the stacks that a pull request holds and wakes who waits for them. Returns their ids. */
export async function releasePullRequestHolds(
  deps: TriggerDeps,
  pull: { repositoryId: number; number: number; by: string },
): Promise<string[]> {
  const holds = await listPullRequestHolds(deps.db, pull.repositoryId, pull.number);
  await releaseHolds(
    deps.db,
    holds.map((hold) => hold.id),
    pull.by,
  );
  for (const hold of holds) await wakeNextOnStack(deps.db, hold.stack_id);
  return holds.map((hold) => hold.stack_id);
}
