import { getRepository } from '../db/repositories.ts';
import { findRun, type Run } from '../db/runs.ts';
import { findStack, getStack, type Stack } from '../db/stacks.ts';
import { findBranchHead } from '../github/contents.ts';
import { refOf } from '../github/github.ts';
import { policyOf } from '../run/policy.ts';
import { shortSha } from '../run/short-sha.ts';
import type { RunType } from '../run/status.ts';
import type { StackDefinition } from '../stack/definition.ts';
import { createRun, type RunWish } from './create-runs.ts';
import type { TriggerDeps } from './deps.ts';
import { planPullRequest } from './pull-request.ts';
import { definitionOf } from './stack-row.ts';

/** Not a run as it was asked for: one that was there already, or a plan of the pull request. */
export type MadeInstead = 'run_there' | 'planned_again';

type Triggered = { ok: true; runId: string; instead?: MadeInstead } | { ok: false; why: string };

/** The Trigger menu of a stack: a run of the given type at the head of the stack's branch. */
export async function triggerRun(
  deps: TriggerDeps,
  wanted: { stackId: string; type: RunType; user: string },
): Promise<Triggered> {
  const stack = await findStack(deps.db, wanted.stackId);
  if (!stack) return { ok: false, why: 'There is no such stack.' };
  if (stack.removed_at) return { ok: false, why: removedWords(stack.name) };
  if (wanted.type === 'destroy' && policyOf(stack.definition).protectDestroy)
    return { ok: false, why: protectedWords(stack.name) };
  const repository = await getRepository(deps.db, stack.repository_id);
  const head = await findBranchHead(deps.github, refOf(repository), stack.branch);
  if (!head) return { ok: false, why: `Branch ${stack.branch} of ${repository.owner}/${repository.name} is gone.` };
  return make(deps, {
    stack,
    definition: definitionOf(stack),
    type: wanted.type,
    trigger: 'page',
    triggeredBy: wanted.user,
    reason: `${wanted.user} triggered it`,
    branch: stack.branch,
    commit: head,
    pullRequest: null,
  });
}

async function make(deps: TriggerDeps, wish: RunWish): Promise<Triggered> {
  const run = await createRun(deps.db, wish);
  const asked = run.trigger === wish.trigger && run.trigger_reason === wish.reason;
  return { ok: true, runId: run.id, ...(asked ? {} : { instead: 'run_there' }) };
}

/**
 * The same type, commit and definition again. A tracked run only while its commit is the branch's head. One that applied
 * a pull request's plan is made again as that plan: its commit is not on the tracked branch, and whether it may be applied
 * is for the pull request's next `/approve` to say.
 */
export async function rerun(
  deps: TriggerDeps,
  wanted: { runId: string; user: string; commandId?: string },
): Promise<Triggered> {
  const old = await findRun(deps.db, wanted.runId);
  if (!old) return { ok: false, why: 'There is no such run.' };
  const stack = await getStack(deps.db, old.stack_id);
  if (old.type === 'destroy' && policyOf(stack.definition).protectDestroy)
    return { ok: false, why: protectedWords(stack.name) };
  if (old.adopted_plan_id !== null) return planAgain(deps, { ...wanted, old, stack });
  if (old.type !== 'plan_only') {
    if (stack.removed_at) return { ok: false, why: removedWords(stack.name) };
    const repository = await getRepository(deps.db, old.repository_id);
    const head = await findBranchHead(deps.github, refOf(repository), old.branch);
    if (head?.sha !== old.commit_sha) {
      const now = head ? `is at ${shortSha(head.sha)} now` : 'is gone';
      return { ok: false, why: `${old.branch} ${now}; only its head can be applied. Trigger a new run instead.` };
    }
  }
  return make(deps, {
    stack,
    definition: old.definition as StackDefinition,
    type: old.type,
    trigger: 'page',
    triggeredBy: wanted.user,
    reason: `${wanted.user} re-ran #${old.number}`,
    branch: old.branch,
    commit: { sha: old.commit_sha, title: old.commit_title },
    pullRequest: old.pull_request_number,
    authors: old.authors,
    ...(wanted.commandId === undefined ? {} : { commandId: wanted.commandId }),
  });
}

function removedWords(stack: string): string {
  return `${stack} is not in zenfra.yml any more. Add it again to run it.`;
}

function protectedWords(stack: string): string {
  return `${stack} is protected: zenfra.yml says protect.destroy, so no destroy run is made. Change that on the tracked branch first.`;
}

async function planAgain(
  deps: TriggerDeps,
  { old, stack, user, commandId }: { old: Run; stack: Stack; user: string; commandId?: string },
): Promise<Triggered> {
  const number = old.pull_request_number ?? 0;
  const { runs, outcome } = await planPullRequest(deps, await getRepository(deps.db, old.repository_id), {
    number,
    trigger: 'page',
    triggeredBy: user,
    only: [stack.name],
    drafts: true,
    ...(commandId === undefined ? {} : { commandId }),
  });
  const run = runs[0];
  if (run) return { ok: true, runId: run.id, instead: 'planned_again' };
  const why = `Run #${old.number} applied a plan of pull request #${number}, which cannot be planned again: ${outcome}.`;
  return { ok: false, why: `${why} Trigger a new run of ${stack.name} instead.` };
}
