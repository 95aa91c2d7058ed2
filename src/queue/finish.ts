import { createHash } from 'node:crypto';
import { sql, type Transaction, type Updateable } from 'kysely';
import { isOfFork } from '../bundle/for-run.ts';
import { insertPlan } from '../db/plans.ts';
import { type Lease, lockRunAndStack, type Run } from '../db/runs.ts';
import type { Database, RunsTable } from '../db/schema.ts';
import { listHolds, releaseHolds } from '../db/stack-holds.ts';
import { getStack } from '../db/stacks.ts';
import { readServedVersion } from '../db/state-credentials.ts';
import { toJsonb } from '../db/to-jsonb.ts';
import { transactDurably } from '../db/transact.ts';
import type { ApplyOutcome, PlanOutcome, SavedPlan } from '../execution/contract.ts';
import { LeaseLost } from '../execution/contract.ts';
import { mayApplyByItself } from '../run/auto-apply.ts';
import type { RunEvent } from '../run/event.ts';
import { type Diagnostic, isSameProblem } from '../run/failure.ts';
import { holdsLease } from '../run/lease.ts';
import { policyOf } from '../run/policy.ts';
import { contexts } from '../secret/contexts.ts';
import { seal } from '../secret/envelope.ts';
import { advanceLocked } from './advance.ts';
import type { QueueDeps } from './deps.ts';
import { keepUnsaved, tellRescue } from './rescue.ts';
import { warnOfStateLeft } from './warn-of-state-left.ts';

interface Ended {
  lease: Lease;
  outcome: PlanOutcome | ApplyOutcome;
  savedPlan: SavedPlan | null;
  planId: string;
}

/** Records how an execution ended: what it left and the run's next status, together or not at all. */
export async function finish(deps: QueueDeps, ended: Ended): Promise<void> {
  const { lease, outcome } = ended;
  await transactDurably(deps.db, async (trx) => {
    const run = await lockLeased(trx, lease);
    if (ended.savedPlan && outcome.ok) await storePlan(deps, trx, { run, plan: ended.savedPlan, planId: ended.planId });
    const warning = ended.savedPlan && outcome.ok ? await warnOfStateLeft(trx, run, ended.savedPlan) : null;
    const autoApply = warning === null && (await appliesByItself(trx, { run, ended }));
    const event = await rescue(deps, trx, { run, event: eventOf(ended, autoApply), outcome });
    if ('steps' in outcome) await endApply(trx, { run, event });
    if ('nothingBegun' in outcome) await letGo(trx, run);
    const columns = columnsOf(ended, { run, warning });
    if (columns) await trx.updateTable('runs').set(columns).where('id', '=', run.id).execute();
    const moved = await advanceLocked(trx, run, { event, actor: deps.workerId, lease });
    if (!moved.ok)
      throw moved.leaseLost ? new LeaseLost(moved.why) : new Error(`Recording the end of run ${run.id}: ${moved.why}`);
  });
}

/** By the stack's setting on the tracked branch as it is now. */
async function appliesByItself(
  trx: Transaction<Database>,
  { run, ended: { savedPlan } }: { run: Run; ended: Ended },
): Promise<boolean> {
  if (savedPlan === null) return false;
  const policy = policyOf((await getStack(trx, run.stack_id)).definition);
  return mayApplyByItself({ type: run.type, policy, deletes: savedPlan.summary.counts.destroy > 0 });
}

function eventOf({ outcome, savedPlan }: Ended, autoApply: boolean): RunEvent {
  if (!outcome.ok) return { type: 'phase_failed', failure: outcome.failure };
  if ('steps' in outcome) return { type: 'apply_finished' };
  return { type: 'plan_finished', hasChanges: savedPlan?.summary.hasChanges ?? false, autoApply };
}

/** What the run itself keeps of its execution. */
function columnsOf(
  { outcome, savedPlan }: Ended,
  { run, warning }: { run: Run; warning: Diagnostic | null },
): Updateable<RunsTable> | null {
  if ('steps' in outcome) {
    const steps = { apply_steps: toJsonb(outcome.steps) };
    if (!outcome.ok) return steps;
    const warnings = allWarnings(run.warnings ?? [], outcome.warnings ?? []);
    return { ...steps, outputs: toJsonb(outcome.outputs), warnings: toJsonb(warnings) };
  }
  if (!outcome.ok) return null;
  const counts = savedPlan?.summary.counts;
  return {
    warnings: toJsonb([...(warning ? [warning] : []), ...outcome.warnings]),
    ...(counts ? { add_count: counts.add, change_count: counts.change, destroy_count: counts.destroy } : {}),
  };
}

/** While it applies, an engine says once more what it has said of the plan. */
function allWarnings(planned: readonly Diagnostic[], applied: readonly Diagnostic[]): Diagnostic[] {
  return [...planned, ...applied.filter((warning) => !planned.some((known) => isSameProblem(known, warning)))];
}

async function lockLeased(trx: Transaction<Database>, lease: Lease): Promise<Run> {
  const run = await lockRunAndStack(trx, lease.runId);
  if (!run || !holdsLease(run, lease)) throw new LeaseLost('Another worker has this run.');
  return run;
}

/** A second attempt's plan takes the place of the first's, which nobody has seen. */
async function storePlan(
  deps: QueueDeps,
  trx: Transaction<Database>,
  made: { run: Run; plan: SavedPlan; planId: string },
): Promise<void> {
  const { run, plan, planId } = made;
  await trx.deleteFrom('plans').where('run_id', '=', run.id).execute();
  await insertPlan(trx, {
    id: planId,
    run_id: run.id,
    stack_id: run.stack_id,
    commit_sha: run.commit_sha,
    source_digest: plan.sourceDigest,
    state_version_id: plan.externalState || (await isOfFork(trx, run)) ? null : await readServedVersion(trx, run.id),
    external_state: plan.externalState ? toJsonb(plan.externalState) : null,
    engine: run.engine ?? 'terraform',
    engine_version: run.engine_version ?? '',
    lock_file_sha256: plan.lockFile && sha256(plan.lockFile),
    file_sha256: sha256(plan.file),
    file: seal(deps.masterKey, plan.file, contexts.planFile(planId)),
    lock_file: plan.lockFile && seal(deps.masterKey, plan.lockFile, contexts.planLockFile(planId)),
    json: seal(deps.masterKey, plan.json, contexts.planJson(planId)),
    providers: toJsonb(plan.providers),
    summary: toJsonb(plan.summary),
    has_changes: plan.summary.hasChanges,
  });
}

async function endApply(trx: Transaction<Database>, ended: { run: Run; event: RunEvent }): Promise<void> {
  const { run, event } = ended;
  const failed = event.type === 'phase_failed' && event.failure.outcomeUnknown ? 'unknown' : 'failed';
  const now = sql<Date>`clock_timestamp()`;
  await trx
    .updateTable('applies')
    .set({ ended_at: now, engine_ended_at: now, outcome: event.type === 'apply_finished' ? 'succeeded' : failed })
    .where('run_id', '=', run.id)
    .execute();
}

/** The stack is held for what an apply does; this one did nothing. A hold that was there before it stays. */
async function letGo(trx: Transaction<Database>, run: Run): Promise<void> {
  const holds = await listHolds(trx, [run.stack_id]);
  const own = holds.filter(({ reason, run_id }) => reason === 'pull_request' && run_id === run.id);
  await releaseHolds(
    trx,
    own.map(({ id }) => id),
    'zenfra',
  );
}

/** A state that the engine could not save becomes the stack's, or is kept aside; then nobody knows what exists. */
async function rescue(
  deps: QueueDeps,
  trx: Transaction<Database>,
  ended: { run: Run; event: RunEvent; outcome: PlanOutcome | ApplyOutcome },
): Promise<RunEvent> {
  const { run, event, outcome } = ended;
  const unsaved = 'unsavedState' in outcome ? outcome.unsavedState : undefined;
  if (unsaved === undefined || event.type !== 'phase_failed') return event;
  const kept = await keepUnsaved(deps, trx, run, unsaved);
  return { ...event, failure: tellRescue(event.failure, kept) };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
