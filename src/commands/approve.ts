import { readPlanFacts } from '../db/approval-facts.ts';
import { findApply, findPlanOfRun, type PlanRow } from '../db/plans.ts';
import { findRunOfCommand, listLiveRuns, listLiveRunsOfPullRequest, listPlanRuns, type Run } from '../db/runs.ts';
import { listStacks, type Stack } from '../db/stacks.ts';
import { refOf } from '../github/github.ts';
import { readRequirements } from '../github/requirements.ts';
import {
  commitMismatch,
  dependsOnMissing,
  leftOut,
  noPlanYet,
  nothingToApply,
  otherPlan,
  planFailed,
  planStopped,
  refusedApproval,
  unconfirmedOnBranch,
} from '../reports/words/approval.ts';
import { alreadyApproved, closedPullRequest, configErrorRefusal } from '../reports/words/replies.ts';
import { type ApprovalRefusal, refuseApproval } from '../run/checks.ts';
import { planExpiresAfterMs } from '../run/limits.ts';
import { isFinal } from '../run/transition.ts';
import { blockedStacks, type Standing } from '../stack/blocked.ts';
import type { StackDefinition } from '../stack/definition.ts';
import { dependenciesOf } from '../stack/dependencies.ts';
import { createInOrder } from '../triggers/create-in-order.ts';
import { createRun } from '../triggers/create-runs.ts';
import { planPullRequest } from '../triggers/pull-request.ts';
import { definitionOf } from '../triggers/stack-row.ts';
import { approveMerged } from './approve-merged.ts';
import { type Command, type CommandCall, type CommandDeps, type CommandResult, refuse } from './command.ts';
import { isAnother, named, namedStacks } from './named.ts';

export const approve: Command = {
  verb: 'approve',
  usage: '/approve [stack…] [commit]',
  does: 'applies the plans that are shown',
  permission: 'write',
  takesCommit: true,
  ends: false,
  run,
};

/** What is applied is the plan people saw. On a merged pull request it is the plan of the run that its push made. */
async function run(deps: CommandDeps, call: CommandCall): Promise<CommandResult> {
  const { pull } = call;
  if (pull.locked) return refuse(refusedApproval({ kind: 'locked' }, { stack: '', sha: '', login: call.author }));
  if (pull.state === 'merged') return approveMerged(deps, call);
  if (pull.state === 'closed') return refuse(closedPullRequest('closed'));
  const unplannable = whyUnplanned(call);
  if (unplannable) return refuse(unplannable);
  if (call.commit !== null && !pull.headSha.startsWith(call.commit)) {
    return refuse(commitMismatch({ asked: call.commit, head: pull.headSha }));
  }
  if (call.stacks.length === 0) return refuse(nothingToApply([]));
  const all = await listStacks(deps.db, call.repository.id);
  const judged = [];
  for (const stack of call.stacks) judged.push(await judge(deps, call, stack));
  const verdicts = keepOrder(call, judged, all);
  const ready = verdicts.flatMap((verdict) => ('ready' in verdict ? [verdict.ready] : []));
  const refusals = verdicts.flatMap((verdict) => ('refusal' in verdict ? [verdict] : []));
  if (ready.length === 0 || (call.named && refusals.length > 0)) return refuseAll(deps, call, refusals);
  // First, so that no run ends before it is noted what came of the command.
  const reply = await tellLeftOut(deps, call, refusals);
  const late: string[] = [];
  for (const run of await adoptAll(deps, call, { ready, all })) {
    // Two approvals at once: the stack's lock let one through, and its run is what the other gets.
    if (run.command_id !== call.id && run.approved_by !== null)
      late.push(alreadyApproved({ by: run.approved_by, run: named(deps, run) }));
  }
  return late.length === ready.length ? refuse(late.join('\n\n')) : { outcome: 'started', reply };
}

/** What the rest waits for. Of what the pull request's comment itself says that it is not ready, nobody asked for an apply. */
async function tellLeftOut(deps: CommandDeps, call: CommandCall, refusals: Refused[]): Promise<string | null> {
  const told = refusals.filter(({ shown }) => !shown);
  await planStale(deps, call, told);
  const names = told.map(({ stack }) => stack.name);
  return names.length === 0 ? null : leftOut(names, reasonsOf(told));
}

/** What has no plan because of what the pull request is, and gets none by waiting. */
function whyUnplanned({ pull, row, author }: CommandCall): string | null {
  const subject = { stack: '', sha: pull.headSha, login: author };
  if (pull.fork) return refusedApproval({ kind: 'fork' }, subject);
  if (pull.draft) return refusedApproval({ kind: 'draft' }, subject);
  return row.config_error && configErrorRefusal(row.config_error);
}

/** Leaves out what depends on a stack that is not applied, unless it was named: whoever names it means it. */
function keepOrder(call: CommandCall, verdicts: Verdict[], all: Stack[]): Verdict[] {
  if (call.named) return verdicts;
  const blocked = blockedStacks(verdicts.map(standingOf), all.map(definitionOf));
  return verdicts.map((verdict) => {
    const missing = blocked.get(verdict.stack.name);
    if (missing === undefined) return verdict;
    return { refusal: dependsOnMissing(verdict.stack.name, missing), stale: false, shown: false, stack: verdict.stack };
  });
}

function standingOf(verdict: Verdict): Standing {
  if ('ready' in verdict && 'planRun' in verdict.ready) return { definition: orderOf(verdict.ready), is: 'ready' };
  const definition = definitionOf(verdict.stack);
  if ('refusal' in verdict) return { definition, is: verdict.applied ? 'settled' : 'missing' };
  return { definition, is: 'ready' in verdict ? 'settled' : 'unchanged' };
}

/** In the order of their stacks' dependencies, so that each applies after those that it builds on, and after what is applied of this pull request already. */
async function adoptAll(
  deps: CommandDeps,
  call: CommandCall,
  { ready, all }: { ready: Ready[]; all: Stack[] },
): Promise<Run[]> {
  const begun = ready.flatMap((one) => ('begun' in one ? [one.begun] : []));
  const wanted = ready.flatMap((one) => ('begun' in one ? [] : [{ ...one, definition: orderOf(one) }]));
  const live = await listLiveRunsOfPullRequest(deps.db, call.repository.id, call.pull.number);
  const names = new Map(all.map(({ id, name }) => [id, name]));
  const again = new Set(wanted.map(({ stack }) => stack.id));
  const going = live.filter((run) => run.adopted_plan_id !== null && !again.has(run.stack_id));
  const made = new Map([...going, ...begun].map((run) => [names.get(run.stack_id) ?? run.stack_id, run]));
  const order = { all: all.map(definitionOf), made };
  const adopted = await createInOrder(wanted, order, (one, after) => adopt(deps, call, { ...one, after }));
  return [...begun, ...adopted];
}

function orderOf({ stack, planRun }: { stack: Stack; planRun: Run }) {
  return { name: stack.name, dependsOn: dependenciesOf(planRun.definition) };
}

/** `begun`: by this very command, whose handling broke off after that. */
type Ready = { stack: Stack; planRun: Run } | { begun: Run };

type Verdict = Refused | ({ stack: Stack } & ({ ready: Ready } | { unchanged: true }));

interface Refused {
  stack: Stack;
  refusal: string;
  stale: boolean;
  /** The plan was, or is being, so that what depends on it can go on. */
  applied?: boolean;
  /** The pull request's comment does not call it ready. */
  shown: boolean;
}

/** Whether this stack's plan may be applied, by the same facts that are read again before the engine starts. */
async function judge(deps: CommandDeps, call: CommandCall, stack: Stack): Promise<Verdict> {
  const { pull, repository } = call;
  const begun = await findRunOfCommand(deps.db, call.id, stack.id);
  if (begun) return { stack, ready: { begun } };
  const about = { repositoryId: repository.id, number: pull.number };
  const planRun = (await listPlanRuns(deps.db, { ...about, commit: pull.headSha })).find(
    (run) => run.stack_id === stack.id,
  );
  const no = (refusal: string, more: Partial<Refused> = {}): Verdict => {
    return { stack, refusal, stale: false, shown: true, ...more };
  };
  if (!planRun) return no(noPlanYet(stack.name, null));
  if (isAnother(call, planRun)) return no(otherPlan(stack.name, named(deps, planRun)));
  if (planRun.status === 'failed') return no(planFailed(stack.name, named(deps, planRun)));
  // Its plan may have been stored just before it ended: that is none that people were told to approve.
  if (planRun.status === 'canceled' || planRun.status === 'discarded')
    return no(planStopped(stack.name, named(deps, planRun)));
  const plan = await findPlanOfRun(deps.db, planRun.id);
  if (!plan) return no(noPlanYet(stack.name, isFinal(planRun.status) ? null : named(deps, planRun)));
  if (!plan.has_changes) return { stack, unchanged: true };
  const rival = await findRival(deps, stack, plan);
  if (rival?.approved_by && rival.adopted_plan_id === plan.id)
    return no(alreadyApproved({ by: rival.approved_by, run: named(deps, rival) }), { applied: true });
  const refusal = await refusalOf(deps, call, plan);
  if (refusal) {
    const applied = refusal.kind === 'used' && (await findApply(deps.db, plan.id))?.outcome === 'succeeded';
    const words = refusedApproval(refusal, await subject(deps, { call, stack, plan }, refusal));
    const shown = refusal.kind === 'used' || refusal.kind === 'discarded';
    return no(words, { stale: refusal.kind === 'stale', applied, shown });
  }
  if (rival) {
    const words = unconfirmedOnBranch({ stack: stack.name, branch: rival.branch, run: named(deps, rival) });
    return no(words, { shown: false });
  }
  return { stack, ready: { stack, planRun } };
}

/** A run of the stack that waits for a person on the tracked branch, or one that applies this plan already. */
async function findRival(deps: CommandDeps, stack: Stack, plan: PlanRow): Promise<Run | undefined> {
  const live = await listLiveRuns(deps.db, stack.id);
  return live.find((run) => run.adopted_plan_id === plan.id) ?? live.find((run) => run.status === 'unconfirmed');
}

async function refusalOf(deps: CommandDeps, call: CommandCall, plan: PlanRow): Promise<ApprovalRefusal | null> {
  const { shownAt, ...facts } = await readPlanFacts(deps.db, plan.id, call.pull.number);
  const { requirements } = facts.policy.approval;
  const asked = { requirements, pull: call.pull, appId: deps.appId };
  return refuseApproval({
    ...facts,
    now: new Date(),
    type: 'tracked',
    approver: { login: call.author, permission: call.permission },
    required: await readRequirements(deps.github, refOf(call.repository), asked),
    pullRequest: call.pull,
    expiresAfterMs: planExpiresAfterMs({ type: 'tracked', adopted_plan_id: plan.id }, facts.policy),
    comment: call.writtenAt && { writtenAt: call.writtenAt, shownAt },
    engineNow: null,
  });
}

/** What the sentence of a refusal speaks of: the run that moved the state, or used the plan, is linked. */
async function subject(
  deps: CommandDeps,
  about: { call: CommandCall; stack: Stack; plan: PlanRow },
  refusal: ApprovalRefusal,
) {
  const base = { stack: about.stack.name, sha: about.plan.commit_sha, login: about.call.author };
  const number = runNumberIn(refusal);
  if (number === null) return base;
  const run = await deps.db
    .selectFrom('runs')
    .select(['id', 'number', 'branch'])
    .where('number', '=', number)
    .executeTakeFirst();
  return run ? { ...base, run: { ...named(deps, run), branch: run.branch } } : base;
}

function runNumberIn(refusal: ApprovalRefusal): number | null {
  if (refusal.kind === 'used') return refusal.runNumber;
  return refusal.kind === 'stale' && refusal.because.kind === 'state_changed' ? refusal.because.byRun : null;
}

/** A stale plan is made anew at once. */
async function refuseAll(deps: CommandDeps, call: CommandCall, refusals: Refused[]): Promise<CommandResult> {
  await planStale(deps, call, refusals);
  if (refusals.length === 0) return refuse(nothingToApply(namedStacks(call)));
  return refuse(reasonsOf(refusals));
}

async function planStale(deps: CommandDeps, call: CommandCall, refusals: Refused[]): Promise<void> {
  const only = refusals.filter((one) => one.stale).map((one) => one.stack.name);
  if (only.length === 0) return;
  const asked = { number: call.pull.number, trigger: 'command', triggeredBy: call.author } as const;
  await planPullRequest(deps, call.repository, { ...asked, only });
}

/** One a paragraph. */
function reasonsOf(refusals: Refused[]): string {
  return [...new Set(refusals.map((one) => one.refusal))].join('\n\n');
}

async function adopt(
  deps: CommandDeps,
  call: CommandCall,
  about: { stack: Stack; planRun: Run; after: string[] },
): Promise<Run> {
  const { stack, planRun, after } = about;
  return createRun(deps.db, {
    stack,
    definition: planRun.definition as StackDefinition,
    type: 'tracked',
    trigger: 'command',
    triggeredBy: call.author,
    reason: `/approve on #${call.pull.number}`,
    branch: planRun.branch,
    commit: { sha: planRun.commit_sha, title: planRun.commit_title },
    pullRequest: call.pull.number,
    commandId: call.id,
    after,
    adopts: { planRun, approvedBy: call.author },
  });
}
