import { createHash, randomUUID } from 'node:crypto';
import type { Transaction, Updateable } from 'kysely';
import { insertPlan } from '../db/plans.ts';
import { type Lease, lockRun, type Run } from '../db/runs.ts';
import type { Database, RunsTable } from '../db/schema.ts';
import { lockStackOfRun } from '../db/stacks.ts';
import { readServedVersion } from '../db/state-credentials.ts';
import { insertRejectedState } from '../db/state-versions.ts';
import { transact } from '../db/transact.ts';
import type { ApplyOutcome, PlanOutcome, SavedPlan } from '../execution/contract.ts';
import { LeaseLost } from '../execution/contract.ts';
import type { RunEvent } from '../run/event.ts';
import { holdsLease } from '../run/lease.ts';
import { seal } from '../secret/envelope.ts';
import { advanceLocked } from './advance.ts';
import type { QueueDeps } from './deps.ts';

interface Ended {
  lease: Lease;
  outcome: PlanOutcome | ApplyOutcome;
  savedPlan: SavedPlan | null;
  planId: string;
}

/** Records how an execution ended: what it left and the run's next status, together or not at all. */
export async function finish(deps: QueueDeps, ended: Ended): Promise<void> {
  const { lease, outcome } = ended;
  await transact(deps.db, async (trx) => {
    const run = await lockLeased(trx, lease);
    if (ended.savedPlan && outcome.ok) await storePlan(deps, trx, { run, plan: ended.savedPlan, planId: ended.planId });
    if ('steps' in outcome) await endApply(trx, { run, outcome });
    if ('unsavedState' in outcome && outcome.unsavedState)
      await keepUnsavedState(deps, trx, { run, bytes: outcome.unsavedState });
    const columns = columnsOf(ended);
    if (columns) await trx.updateTable('runs').set(columns).where('id', '=', run.id).execute();
    const moved = await advanceLocked(trx, run, { event: eventOf(ended), actor: deps.workerId, lease });
    if (!moved.ok)
      throw moved.leaseLost ? new LeaseLost(moved.why) : new Error(`Recording the end of run ${run.id}: ${moved.why}`);
  });
}

function eventOf({ outcome, savedPlan }: Ended): RunEvent {
  if (!outcome.ok) return { type: 'phase_failed', failure: outcome.failure };
  if ('steps' in outcome) return { type: 'apply_finished' };
  return { type: 'plan_finished', hasChanges: savedPlan?.summary.hasChanges ?? false, autoApply: false };
}

/** What the run itself keeps of its execution. */
function columnsOf({ outcome, savedPlan }: Ended): Updateable<RunsTable> | null {
  if ('steps' in outcome) {
    const outputs = outcome.ok ? { outputs: JSON.stringify(outcome.outputs) } : {};
    return { apply_steps: JSON.stringify(outcome.steps), ...outputs };
  }
  if (!outcome.ok) return null;
  const counts = savedPlan?.summary.counts;
  return {
    warnings: JSON.stringify(outcome.warnings),
    ...(counts ? { add_count: counts.add, change_count: counts.change, destroy_count: counts.destroy } : {}),
  };
}

async function lockLeased(trx: Transaction<Database>, lease: Lease): Promise<Run> {
  await lockStackOfRun(trx, lease.runId);
  const run = await lockRun(trx, lease.runId);
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
  const sealed = (bytes: Uint8Array, name: string) => seal(deps.masterKey, bytes, `plans/${planId}/${name}`);
  await trx.deleteFrom('plans').where('run_id', '=', run.id).execute();
  await insertPlan(trx, {
    id: planId,
    run_id: run.id,
    stack_id: run.stack_id,
    commit_sha: run.commit_sha,
    source_digest: plan.sourceDigest,
    state_version_id: await readServedVersion(trx, run.id),
    engine: run.engine ?? 'terraform',
    engine_version: run.engine_version ?? '',
    lock_file_sha256: plan.lockFile && sha256(plan.lockFile),
    file_sha256: sha256(plan.file),
    file: sealed(plan.file, 'file'),
    lock_file: plan.lockFile && sealed(plan.lockFile, 'lock_file'),
    json: sealed(plan.json, 'json'),
    summary: JSON.stringify(plan.summary),
    has_changes: plan.summary.hasChanges,
  });
}

async function endApply(trx: Transaction<Database>, ended: { run: Run; outcome: ApplyOutcome }): Promise<void> {
  const { run, outcome } = ended;
  const result = outcome.ok ? 'succeeded' : outcome.failure.outcomeUnknown ? 'unknown' : 'failed';
  await trx
    .updateTable('applies')
    .set({ ended_at: new Date(), outcome: result })
    .where('run_id', '=', run.id)
    .execute();
}

/** State that the engine could not save is kept aside, sealed: it may be the only record of what exists. The stack is held. */
async function keepUnsavedState(
  deps: QueueDeps,
  trx: Transaction<Database>,
  { run, bytes }: { run: Run; bytes: Uint8Array },
): Promise<void> {
  const id = randomUUID();
  await insertRejectedState(trx, {
    id,
    stack_id: run.stack_id,
    run_id: run.id,
    reason: 'the engine could not save it at the end of its apply',
    bytes: seal(deps.masterKey, bytes, `rejected_states/${id}`),
    size: bytes.length,
  });
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
