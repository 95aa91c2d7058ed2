import type { Tasks } from '../db/jobs.ts';
import { oneAtATime } from '../db/one-at-a-time.ts';
import {
  listOpenWithHead,
  type SeenPullRequest,
  setActedOn,
  setPullRequestFindings,
  upsertPullRequest,
} from '../db/pull-requests.ts';
import { getRepository, type Repository } from '../db/repositories.ts';
import { requestPullRequestReport } from '../db/request-report.ts';
import { listLiveRunsOfPullRequest, listPlanRuns, type Run } from '../db/runs.ts';
import type { ActedOn } from '../db/schema.ts';
import { listPullRequestHolds, releaseHolds } from '../db/stack-holds.ts';
import type { Stack } from '../db/stacks.ts';
import { refOf } from '../github/github.ts';
import { findPullRequestNow, type ListedPullRequest, type PullRequestNow } from '../github/pull-requests.ts';
import { advance } from '../queue/advance.ts';
import { wakeNextOnStack } from '../queue/wake.ts';
import { shortSha } from '../run/short-sha.ts';
import { isFinal } from '../run/transition.ts';
import type { StackDefinition } from '../stack/definition.ts';
import { actedOnNow, cameAfterSweep, isActedOn } from './acted-on.ts';
import { affectedByPullRequest } from './affected-by-pull-request.ts';
import { withApplied } from './applied-before.ts';
import { createInOrder } from './create-in-order.ts';
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
  /** A fork's commit, whole, that somebody has read and wants planned. What was pushed since is not meant. */
  trusted?: string;
  /** Set where a webhook is the cause: what it speaks of, GitHub's time of that, and when it came by the database's clock. */
  webhook?: { head: string; updatedAt: Date | null; receivedAt: Date };
  /** Set where no webhook was the cause: the sweep has found that one is missing. */
  foundBySweep?: boolean;
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
  const { acted_on: acted } = await upsertPullRequest(deps.db, seenAs(repository, pull));
  if (isKnown(acted, pull, cause)) return { runs: [], outcome: 'acted on already' };
  const done =
    pull.state === 'open'
      ? await planOpen(deps, repository, { pull, cause, acted })
      : { runs: [], outcome: await endPullRequest(deps, repository, pull) };
  await reportThoseLeft(deps, repository, { pull, acted });
  // One stack of it is not all of it.
  if (!cause.only) {
    const actedOn = actedOnNow(pull, cause.foundBySweep ?? false);
    await setActedOn(deps.db, { repositoryId: repository.id, number: pull.number, actedOn });
  }
  return done;
}

/** The sweep and a webhook may find the same: whoever comes second has nothing to add. */
function isKnown(acted: ActedOn | null, pull: PullRequestNow, { foundBySweep, webhook }: PullRequestCause): boolean {
  if (foundBySweep) return isActedOn(acted, pull);
  return webhook?.updatedAt ? cameAfterSweep(acted, pull, webhook.updatedAt) : false;
}

interface Planning {
  pull: PullRequestNow;
  cause: PullRequestCause;
  acted: ActedOn | null;
}

async function planOpen(
  deps: TriggerDeps,
  repository: Repository,
  { pull, cause, acted }: Planning,
): Promise<{ runs: Run[]; outcome: string }> {
  const own = await affectedByPullRequest(deps, repository, pull);
  const found = await withApplied(deps, repository, { number: pull.number, found: own });
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
  let runs: Run[] = [];
  const wanted = found.affected.filter((one) => mayPlan(pull, cause, one) && isWanted(one.stack, cause));
  if (wanted.length > 0) {
    const planned = await plannedAlready(deps, repository, { pull, cause, acted });
    const missing = wanted.filter(({ stack }) => !planned.has(stack.id));
    const made = await livePlans(deps, repository, { pull, affected: found.affected });
    runs = await createInOrder(missing, { all: found.all, made }, (one, after) =>
      createRun(deps.db, { ...wishFor(pull, cause), ...one, reason: reasonFor(one, cause), after }),
    );
  }
  const touched = new Set(found.affected.map(({ stack }) => stack.id));
  await endOlder(deps, repository, { pull, touched, formerBase: acted?.base ?? null });
  await requestPullRequestReport(deps.db, { repositoryId: repository.id, number: pull.number });
  return { runs, outcome: outcomeOf(pull, runs) };
}

/** The plans of this head that are still being made, by the names of their stacks: others wait for them. */
async function livePlans(
  deps: TriggerDeps,
  repository: Repository,
  { pull, affected }: { pull: PullRequestNow; affected: { stack: Stack; definition: StackDefinition }[] },
): Promise<Map<string, Run>> {
  if (!affected.some(({ definition }) => definition.dependsOn.length > 0)) return new Map();
  const at = { repositoryId: repository.id, number: pull.number, commit: pull.headSha };
  const live = (await listPlanRuns(deps.db, at)).filter((run) => !isFinal(run.status));
  return new Map(
    affected.flatMap(({ stack, definition }) => {
      const run = live.find((one) => one.stack_id === stack.id);
      return run ? [[definition.name, run] as const] : [];
    }),
  );
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
 * The stacks that need no plan because they have one at this head, whatever became of it: made for a newer webhook, if
 * this one tells of an older head than the present one; made for this very one, if its handling broke off; made since
 * the pull request was last acted on, if the sweep asks. What a person asks for is made.
 */
async function plannedAlready(
  deps: TriggerDeps,
  repository: Repository,
  { pull, cause, acted }: Planning,
): Promise<Set<string>> {
  const { webhook, foundBySweep } = cause;
  if (!webhook && !foundBySweep) return new Set();
  const late = webhook !== undefined && webhook.head !== pull.headSha;
  const from = webhook ? webhook.receivedAt : acted && new Date(acted.at);
  const at = { repositoryId: repository.id, number: pull.number, commit: pull.headSha };
  const runs = (await listPlanRuns(deps.db, at)).filter((run) => late || !from || run.created_at >= from);
  return new Set(runs.map((run) => run.stack_id));
}

function mayPlan(
  pull: PullRequestNow,
  cause: PullRequestCause,
  { definition }: { definition: Pick<StackDefinition, 'planDrafts'> },
): boolean {
  if (pull.fork && cause.trusted !== pull.headSha) return false;
  return !pull.draft || cause.drafts === true || definition.planDrafts;
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
  if (pull.fork && runs.length === 0) return 'a fork: not planned';
  if (pull.draft && runs.length === 0) return 'a draft: not planned';
  return runs.length === 0 ? 'no stacks affected' : `plans ${runs.map((run) => `#${run.number}`).join(', ')}`;
}

/** By what its base says now, or its zenfra.yml. */
const untouchedNow = 'zenfra: the pull request does not touch this stack now';

/** Plans of an older head, and of stacks that are not touched any more: the base may be another branch now. */
async function endOlder(
  deps: TriggerDeps,
  repository: Repository,
  { pull, touched, formerBase }: { pull: PullRequestNow; touched: Set<string>; formerBase: string | null },
): Promise<void> {
  const live = await listLiveRunsOfPullRequest(deps.db, repository.id, pull.number);
  const by = shortSha(pull.headSha);
  for (const run of live) {
    if (run.type !== 'plan_only') continue;
    if (run.commit_sha !== pull.headSha) {
      await advance(deps.db, { runId: run.id, event: { type: 'superseded', by }, actor: 'zenfra' });
    } else if (!touched.has(run.stack_id)) {
      const moved = formerBase !== null && formerBase !== pull.baseRef;
      const by = moved ? `the change of the base to ${pull.baseRef}` : untouchedNow;
      await advance(deps.db, { runId: run.id, event: { type: 'cancel_requested', by }, actor: 'zenfra' });
    }
  }
}

/** A pull request as we record it. */
export function seenAs(repository: Repository, pull: ListedPullRequest): SeenPullRequest {
  return {
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
  };
}

/**
 * The check `zenfra` of a commit speaks for all open pull requests with that head. When one leaves the commit, by its
 * end or by a push, what it said there is taken back: nothing happens to the others that would have them reported.
 */
async function reportThoseLeft(
  deps: TriggerDeps,
  repository: Repository,
  { pull, acted }: { pull: PullRequestNow; acted: ActedOn | null },
): Promise<void> {
  const left = new Set<string>();
  if (pull.state !== 'open') left.add(pull.headSha);
  if (acted && acted.head !== pull.headSha) left.add(acted.head);
  for (const sha of left) {
    for (const number of await listOpenWithHead(deps.db, repository.id, sha))
      await requestPullRequestReport(deps.db, { repositoryId: repository.id, number });
  }
}

/** Merged or closed: its plans are of no use any more, and its stacks are free for others, who are woken. */
async function endPullRequest(deps: TriggerDeps, repository: Repository, pull: PullRequestNow): Promise<string> {
  const by = 'the end of the pull request';
  for (const run of await listLiveRunsOfPullRequest(deps.db, repository.id, pull.number)) {
    if (run.type !== 'plan_only') continue;
    await advance(deps.db, { runId: run.id, event: { type: 'cancel_requested', by }, actor: 'zenfra' });
  }
  const holds = await listPullRequestHolds(deps.db, repository.id, pull.number);
  const ids = holds.map(({ id }) => id);
  await releaseHolds(deps.db, ids, by);
  for (const hold of holds) await wakeNextOnStack(deps.db, hold.stack_id);
  await requestPullRequestReport(deps.db, { repositoryId: repository.id, number: pull.number });
  return `the pull request is ${pull.state}`;
}
