import type { Kysely, Transaction } from 'kysely';
import { nameExternal, type PlanFacts, readPlanFacts } from '../db/approval-facts.ts';
import { addJob } from '../db/jobs.ts';
import { findPlanOfRun, hasBegunApply } from '../db/plans.ts';
import { lockPullRequestState } from '../db/pull-requests.ts';
import { getRepository } from '../db/repositories.ts';
import { getRun, type Lease, lockRun, type Run } from '../db/runs.ts';
import type { Database } from '../db/schema.ts';
import { holdStack } from '../db/stack-holds.ts';
import { getStack, lockStack } from '../db/stacks.ts';
import { transactDurably } from '../db/transact.ts';
import { isConstraintViolation } from '../db/violations.ts';
import { type ExternalState, LeaseLost, type PhaseSink } from '../execution/contract.ts';
import { readPermission } from '../github/people.ts';
import { findPullRequestNow } from '../github/pull-requests.ts';
import { readRequirements } from '../github/requirements.ts';
import { refusedApproval } from '../reports/words/approval.ts';
import { autoApplier } from '../run/auto-apply.ts';
import { type ApprovalFacts, type ApprovalRefusal, refuseApproval } from '../run/checks.ts';
import { holdsLease } from '../run/lease.ts';
import { planExpiresAfterMs } from '../run/limits.ts';
import { policyOf } from '../run/policy.ts';
import { engineLabels } from '../run/status.ts';
import { advanceIn } from './advance.ts';
import type { QueueDeps } from './deps.ts';

/**
 * The last gate before infrastructure changes. Everything the approval rests on is read again: what GitHub knows
 * first, then, under the stack's lock, what we know. If all holds, the plan is used up (`applies_a_plan_is_used_once`)
 * and the run applies; both in one transaction.
 */
export async function beginApply(
  deps: QueueDeps,
  lease: Lease,
  external: ExternalState | null,
): ReturnType<PhaseSink['beginApply']> {
  const run = await getRun(deps.db, lease.runId);
  const planId = run.adopted_plan_id ?? (await findPlanOfRun(deps.db, run.id))?.id;
  if (!planId) throw new Error(`Run ${run.id} is about to apply, but it has no plan`);
  const outside = await readOutsideFacts(deps, run);
  const askedAt = performance.now();
  try {
    return await transactDurably(deps.db, async (trx) => {
      await lockStack(trx, run.stack_id);
      const locked = await lockRun(trx, run.id);
      if (!locked || !holdsLease(locked, lease)) throw new LeaseLost('Another worker has this run.');
      // Nobody else can have used it while the run is ours: it was us, and the reply was lost.
      if (await hasBegunApply(trx, run.id)) return { ok: true as const, askedAt };
      if (locked.cancel_requested_at) return { ok: false as const, why: locked.ended_because ?? 'Canceled' };
      const facts = withExternal(await readPlanFacts(trx, planId, run.pull_request_number), external);
      const pullRequest = await seeEnd(trx, locked, outside.pullRequest);
      const expiresAfterMs = planExpiresAfterMs(run, facts.policy);
      const now = { type: run.type, engineNow: engineOf(locked), comment: null };
      const refusal = refuseApproval({ ...facts, ...outside, ...now, pullRequest, expiresAfterMs });
      if (refusal?.kind === 'stale') await planAgain(trx, locked);
      if (refusal) return { ok: false as const, why: refusedApproval(refusal, await subjectOf(trx, locked)) };
      const { place } = deps.runner.self;
      await trx.insertInto('applies').values({ plan_id: planId, run_id: run.id, place }).execute();
      await enterApplying(deps, trx, { run: locked, lease });
      return { ok: true as const, askedAt };
    });
  } catch (error) {
    if (!isConstraintViolation(error, 'applies_a_plan_is_used_once')) throw error;
    const used = await readPlanFacts(deps.db, planId, run.pull_request_number);
    const refusal: ApprovalRefusal = { kind: 'used', runNumber: used.plan.usedByRun ?? run.number };
    return { ok: false, why: refusedApproval(refusal, await subjectOf(deps.db, run)) };
  }
}

/** Which state there is of a stack with a backend of its own, only its engine can say. */
function withExternal(facts: PlanFacts, external: ExternalState | null): PlanFacts {
  if (external === null) return facts;
  const state = { versionId: nameExternal(external), serial: external.serial, writtenByRun: null };
  return { ...facts, state };
}

type OutsideFacts = Pick<ApprovalFacts, 'now' | 'approver' | 'pullRequest' | 'required'>;

async function readOutsideFacts(deps: QueueDeps, run: Run): Promise<OutsideFacts> {
  const row = await getRepository(deps.db, run.repository_id);
  const repository = { installationId: row.installation_id, owner: row.owner, name: row.name };
  const login = run.approved_by ?? '';
  const number = run.adopted_plan_id === null ? null : run.pull_request_number;
  const [permission, pull] = await Promise.all([
    login === autoApplier ? ('none' as const) : readPermission(deps.github, repository, login),
    number === null ? null : findPullRequestNow(deps.github, repository, number),
  ]);
  const { requirements } = policyOf((await getStack(deps.db, run.stack_id)).definition).approval;
  const asked = { requirements, appId: deps.appId };
  return {
    now: new Date(),
    approver: { login, permission },
    required: pull ? await readRequirements(deps.github, repository, { ...asked, pull }) : null,
    // One that is gone counts as closed.
    pullRequest:
      pull === undefined
        ? { number: number ?? 0, headSha: '', baseRef: '', state: 'closed', draft: false, locked: false, fork: false }
        : pull,
  };
}

/**
 * The pull request may have been merged or closed since GitHub was asked. That has let go of its holds by then, so the one
 * that this apply is about to leave would stay for ever: who records the end has to wait for us, or we see it.
 */
async function seeEnd(
  trx: Transaction<Database>,
  run: Run,
  asked: ApprovalFacts['pullRequest'],
): Promise<ApprovalFacts['pullRequest']> {
  if (asked === null) return null;
  const state = await lockPullRequestState(trx, run.repository_id, asked.number);
  return state === undefined || state === 'open' ? asked : { ...asked, state };
}

async function enterApplying(
  deps: QueueDeps,
  trx: Transaction<Database>,
  about: { run: Run; lease: Lease },
): Promise<void> {
  const { run, lease } = about;
  const steps = run.status === 'planning' ? (['plan_adopted', 'apply_started'] as const) : (['apply_started'] as const);
  for (const type of steps) {
    const moved = await advanceIn(trx, {
      runId: run.id,
      event: { type },
      actor: run.approved_by ?? deps.workerId,
      lease,
    });
    if (!moved.ok)
      throw moved.leaseLost ? new LeaseLost(moved.why) : new Error(`Starting the apply of ${run.id}: ${moved.why}`);
  }
  if (run.pull_request_number === null || run.adopted_plan_id === null) return;
  await holdStack(trx, {
    stack_id: run.stack_id,
    reason: 'pull_request',
    pull_request_number: run.pull_request_number,
    run_id: run.id,
    note: `Run #${run.number} applied pull request #${run.pull_request_number}, which is not merged yet.`,
    created_by: run.approved_by ?? 'zenfra',
  });
}

/** What the refusal of a pull request's plan promises: the stack is planned anew by itself. */
async function planAgain(trx: Transaction<Database>, run: Run): Promise<void> {
  if (run.adopted_plan_id === null || run.pull_request_number === null) return;
  const { name } = await getStack(trx, run.stack_id);
  const pull = { repositoryId: run.repository_id, number: run.pull_request_number };
  await addJob(
    trx,
    'plan_again',
    { ...pull, stack: name, user: run.triggered_by },
    { key: `plan:${run.stack_id}:${pull.number}` },
  );
}

async function subjectOf(db: Kysely<Database> | Transaction<Database>, run: Run) {
  const stack = await getStack(db, run.stack_id);
  const ownPlan = run.adopted_plan_id === null;
  return { stack: stack.name, sha: run.commit_sha, login: run.approved_by ?? '', ownPlan };
}

function engineOf(run: Run): string | null {
  return run.engine && `${engineLabels[run.engine]} ${run.engine_version}`;
}
