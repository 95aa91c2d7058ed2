import { oneAtATime } from '../db/one-at-a-time.ts';
import { markPlansShown } from '../db/plans.ts';
import { getRepository, type Repository } from '../db/repositories.ts';
import { findRun, type Run } from '../db/runs.ts';
import { getStack, type Stack } from '../db/stacks.ts';
import { isFinal } from '../run/transition.ts';
import type { ReportDeps } from './deps.ts';
import { endCommand } from './end-command.ts';
import type { PullRequestFacts, RunFacts } from './facts.ts';
import { detailOf, loadPullRequestFacts, pathOf, repositoryFacts } from './load-facts.ts';
import { loadRunFacts } from './load-run-facts.ts';
import { isOneOfMany, isResting } from './pace.ts';
import { postCheck } from './post-check.ts';
import { postComment } from './post-comment.ts';
import { renderRunCheck } from './render-check.ts';
import { renderComment } from './render-comment.ts';
import { renderApplyResult } from './render-result.ts';
import { withNotice } from './report-pull-request.ts';

/** Tells GitHub how a tracked or destroy run stands: its check, its plan or result on a pull request, the command's 👍. */
export async function reportRun(deps: ReportDeps, { runId }: { runId: string }): Promise<void> {
  await oneAtATime(deps.db, `report:run:${runId}`, () => report(deps, runId));
}

async function report(deps: ReportDeps, runId: string): Promise<void> {
  const run = await findRun(deps.db, runId);
  if (!run) return;
  const repository = await getRepository(deps.db, run.repository_id);
  if (repository.removed_at) return;
  const stack = await getStack(deps.db, run.stack_id);
  const facts = (await loadRunFacts(deps, [run])).get(run.id);
  if (!facts) return;
  if (isFinal(run.status)) await endCommand(deps, run);
  // The answer to a button that was refused is no news of how far it is.
  if (!isResting(run) && facts.notice === null && (await isOneOfMany(deps.db, run))) return;
  const about = { run, repository, stack, facts };
  const sent = await Promise.allSettled([reportCheck(deps, about), reportOnPullRequest(deps, about)]);
  for (const result of sent) if (result.status === 'rejected') throw result.reason;
}

interface About {
  run: Run;
  repository: Repository;
  stack: Stack;
  facts: RunFacts;
}

/** An adopted run's check is the pull request's, which `report-pull-request` keeps. */
async function reportCheck(deps: ReportDeps, { run, repository, stack, facts }: About): Promise<void> {
  if (run.adopted_plan_id !== null) return;
  const shown = { name: stack.name, path: pathOf(stack, run), detail: detailOf(repository) };
  const report = renderRunCheck(facts, shown, repositoryFacts(deps, repository));
  await postCheck(deps, repository, {
    headSha: run.commit_sha,
    runId: run.id,
    detailsUrl: facts.url,
    report: withNotice(report, facts.notice),
  });
}

async function reportOnPullRequest(deps: ReportDeps, about: About): Promise<void> {
  const { run } = about;
  if (run.pull_request_number === null) return;
  const loaded = await loadPullRequestFacts(deps, { repositoryId: run.repository_id, number: run.pull_request_number });
  if (!loaded) return;
  if (run.adopted_plan_id === null && (run.status === 'unconfirmed' || (await isPlanPosted(deps, run)))) {
    await postPlan(deps, about, loaded.facts);
  }
  if (isFinal(run.status) && (await wasApplied(deps, run))) await postResult(deps, about, loaded.facts);
}

async function isPlanPosted(deps: ReportDeps, run: Run): Promise<boolean> {
  const row = await deps.db
    .selectFrom('posted_comments')
    .select('marker')
    .where('repository_id', '=', run.repository_id)
    .where('marker', '=', `plan:${run.id}`)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * The plan of a merged pull request's own run, which can be approved there: a comment of its own, as it asks for an act.
 * It is edited afterwards, so that it does not go on asking.
 */
async function postPlan(deps: ReportDeps, about: About, pull: PullRequestFacts): Promise<void> {
  const { run, repository, stack, facts } = about;
  const stacks = [{ name: stack.name, path: pathOf(stack, run), run: facts, applied: null, heldBy: null }];
  const body = renderComment({
    ...pull,
    // What is merged is the repository's own, wherever it comes from.
    fork: false,
    headSha: run.commit_sha,
    stacks,
    previous: null,
    configError: null,
    notes: [],
  });
  const startsWith = `<!-- zenfra:v1 pr=${pull.number} run=${run.id} plan -->`;
  const text = body.slice(body.indexOf('\n') + 1);
  const posted = await postComment(deps, repository, {
    number: pull.number,
    marker: `plan:${run.id}`,
    startsWith,
    body: `${startsWith}\n${text}`,
    urgency: isResting(run) ? 'report' : 'courtesy',
  });
  if (posted) await markPlansShown(deps.db, [run.id], posted.updatedAt);
}

async function postResult(deps: ReportDeps, about: About, pull: PullRequestFacts): Promise<void> {
  const { run, repository, stack, facts } = about;
  const known = pull.stacks.find((one) => one.name === stack.name);
  const shown = known ?? { name: stack.name, path: pathOf(stack, run), run: facts, applied: facts, heldBy: null };
  await postComment(deps, repository, {
    number: pull.number,
    marker: `result:${run.id}`,
    startsWith: `<!-- zenfra:v1 pr=${pull.number} run=${run.id} result -->`,
    body: renderApplyResult(facts, shown, pull),
  });
}

async function wasApplied(deps: ReportDeps, run: Run): Promise<boolean> {
  const apply = await deps.db.selectFrom('applies').select('run_id').where('run_id', '=', run.id).executeTakeFirst();
  return apply !== undefined || (run.adopted_plan_id !== null && run.status === 'failed');
}
