import { findPlanOfRun } from '../db/plans.ts';
import { findRunOfCommand, listLiveRunsOfPullRequest, type Run } from '../db/runs.ts';
import { leftOut, nothingToApply, otherCommit, otherPlan, refusedApproval } from '../reports/words/approval.ts';
import { approveRun } from './approve-run.ts';
import { type CommandCall, type CommandDeps, type CommandResult, refuse } from './command.ts';
import { isAnother, named, namedStacks } from './named.ts';

/** `/approve` on a merged pull request: what waits there are the runs that its push made. */
export async function approveMerged(deps: CommandDeps, call: CommandCall): Promise<CommandResult> {
  const wanted = new Set(call.stacks.map((stack) => stack.id));
  const live = await listLiveRunsOfPullRequest(deps.db, call.repository.id, call.pull.number);
  const waiting = live.filter((run) => run.status === 'unconfirmed' && (wanted.has(run.stack_id) || !call.named));
  if (waiting.length === 0 && (await hasBegun(deps, call))) return { outcome: 'started' };
  if (waiting.length === 0) return refuse(nothingToApply(namedStacks(call)));
  const refused: { stack: string; refusal: string }[] = [];
  for (const run of waiting) {
    const refusal = await approveWaiting(deps, call, run);
    if (refusal !== null) refused.push({ stack: nameIn(call, run), refusal });
  }
  const reasons = [...new Set(refused.map(({ refusal }) => refusal))].join('\n\n');
  if (refused.length === waiting.length) return refuse(reasons);
  const stacks = refused.map(({ stack }) => stack);
  return { outcome: 'started', reply: stacks.length === 0 ? null : leftOut(stacks, reasons) };
}

/** Approves, unless another commit's plan was meant: the button of a check, and a commit that was named, mean that one. Null when it was done, else why not. */
async function approveWaiting(deps: CommandDeps, call: CommandCall, run: Run): Promise<string | null> {
  if (call.commit !== null && !run.commit_sha.startsWith(call.commit))
    return otherCommit({ asked: call.commit, planned: run.commit_sha, run: named(deps, run) });
  if (isAnother(call, run)) return otherPlan(nameIn(call, run), named(deps, run));
  if (await isUnseen(deps, call, run)) return unseen(call, run);
  return approveRun(deps, run, { login: call.author, permission: call.permission, commandId: call.id });
}

/** This very command has approved, and its handling broke off after that. */
async function hasBegun(deps: CommandDeps, call: CommandCall): Promise<boolean> {
  for (const stack of call.stacks) if (await findRunOfCommand(deps.db, call.id, stack.id)) return true;
  return false;
}

/** The run's plan was posted after the comment was written, or is not posted yet: nobody can have meant it. */
async function isUnseen(deps: CommandDeps, call: CommandCall, run: Run): Promise<boolean> {
  if (call.writtenAt === null) return false;
  const plan = await findPlanOfRun(deps.db, run.id);
  return !plan?.shown_at || plan.shown_at.getTime() > call.writtenAt.getTime();
}

function unseen(call: CommandCall, run: Run): string {
  return refusedApproval({ kind: 'unseen' }, { stack: nameIn(call, run), sha: run.commit_sha, login: call.author });
}

function nameIn({ stacks }: CommandCall, run: Run): string {
  return stacks.find(({ id }) => id === run.stack_id)?.name ?? run.stack_id;
}
