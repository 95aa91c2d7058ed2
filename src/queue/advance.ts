import { type Kysely, sql, type Transaction } from 'kysely';
import { fromNow } from '../db/from-now.ts';
import { requestReport } from '../db/request-report.ts';
import { type Lease, lockRunAndStack, type Run } from '../db/runs.ts';
import type { Database } from '../db/schema.ts';
import { holdStack } from '../db/stack-holds.ts';
import { revokeStateCredentials } from '../db/state-credentials.ts';
import { leaseSeconds } from '../db/sweeps.ts';
import { toJsonb } from '../db/to-jsonb.ts';
import { transact } from '../db/transact.ts';
import type { Effect, RunEvent } from '../run/event.ts';
import { holdsLease, leaseAfter } from '../run/lease.ts';
import { approvalWaitSeconds, workerWaitSeconds } from '../run/limits.ts';
import type { RunStatus } from '../run/status.ts';
import { isFinal, type RunState, type Step, transition } from '../run/transition.ts';
import { recordMove } from './record-move.ts';
import { addStartJob, wakeNextOnStack, wakeWaiting } from './wake.ts';

export interface Move {
  runId: string;
  event: RunEvent;
  /** A login, or `zenfra`, or a worker's id: who claims a run has it from then on. */
  actor: string;
  /** Given by a worker: refused when the run is another worker's by now. */
  lease?: Lease;
}

export type Advanced = { ok: true; run: Run } | { ok: false; why: string; leaseLost?: boolean };

/**
 * The one door: nothing else writes `runs.status`. In one transaction it locks the stack and the run, asks the rules,
 * and writes the run, its event, its phases and the jobs that must follow; or returns the rules' refusal and writes
 * nothing.
 */
export async function advance(db: Kysely<Database>, move: Move): Promise<Advanced> {
  return transact(db, (trx) => advanceIn(trx, move));
}

/** As `advance`, as part of a larger change. */
export async function advanceIn(trx: Transaction<Database>, move: Move): Promise<Advanced> {
  const before = await lockRunAndStack(trx, move.runId);
  if (!before) return { ok: false, why: `There is no run ${move.runId}.` };
  return advanceLocked(trx, before, move);
}

/** As `advanceIn`, for a caller that holds the locks of the stack and of the run, and gives the row as it is now. */
export async function advanceLocked(
  trx: Transaction<Database>,
  before: Run,
  move: Omit<Move, 'runId'>,
): Promise<Advanced> {
  if (move.lease && !holdsLease(before, move.lease)) {
    return { ok: false, why: 'Another worker has this run, or it has ended.', leaseLost: true };
  }
  const next = transition(stateOf(before), move.event);
  if (!next.ok) return next;
  const run = await writeRun(trx, before, { step: next.step, move });
  await recordMove(trx, before, { run, event: move.event, actor: move.actor });
  for (const effect of next.step.effects) await effects[effect](trx, run);
  return { ok: true, run };
}

export function stateOf(run: Run): RunState {
  return {
    type: run.type,
    status: run.status,
    attempt: run.attempt,
    leased: run.lease_expires_at !== null,
    adopted: run.adopted_plan_id !== null,
    cancelRequested: run.cancel_requested_at !== null,
    cancelAs: run.cancel_as,
  };
}

/** Until when a run may stay in a status; in the others it may for as long as it takes. */
const waitSeconds: Partial<Record<RunStatus, number>> = {
  queued: workerWaitSeconds,
  approved: workerWaitSeconds,
  unconfirmed: approvalWaitSeconds,
};

async function writeRun(
  trx: Transaction<Database>,
  before: Run,
  change: { step: Step; move: Pick<Move, 'event' | 'actor'> },
): Promise<Run> {
  const { step, move } = change;
  const now = sql<Date>`clock_timestamp()`;
  const wait = waitSeconds[step.status];
  const moved = step.status !== before.status;
  const lease = leaseAfter(move.event, step.status);
  return trx
    .updateTable('runs')
    .set({
      status: step.status,
      ...(moved ? { status_since: now, notice: null, deadline_at: wait === undefined ? null : fromNow(wait) } : {}),
      ...(lease === 'taken' ? claim(before, move.actor) : {}),
      ...(lease === 'ended' ? { lease_expires_at: null, worker_id: null } : {}),
      ...(isFinal(step.status) ? { ended_at: now } : {}),
      ...(step.failure ? { failure: toJsonb(step.failure) } : {}),
      ...(step.endedBecause === undefined ? {} : { ended_because: step.endedBecause }),
      ...(step.approvedBy === undefined ? {} : { approved_by: step.approvedBy, approved_at: now, attempt: 0 }),
      ...(step.cancel
        ? { cancel_requested_at: now, cancel_requested_by: step.cancel.by, cancel_as: step.cancel.as }
        : {}),
    })
    .where('id', '=', before.id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

function claim(before: Run, workerId: string) {
  return {
    worker_id: workerId,
    lease_generation: before.lease_generation + 1,
    lease_expires_at: fromNow(leaseSeconds),
    attempt: before.attempt + 1,
    started_at: before.started_at ?? sql<Date>`clock_timestamp()`,
  };
}

const effects: Record<Effect, (trx: Transaction<Database>, run: Run) => Promise<void>> = {
  start_phase: addStartJob,
  // A plan for review takes no turn, so on its stack nobody waits for its end.
  release_stack: async (trx, run) => {
    if (run.type !== 'plan_only') await wakeNextOnStack(trx, run.stack_id);
    await wakeWaiting(trx, run.id);
  },
  revoke_credentials: (trx, run) => revokeStateCredentials(trx, run.id),
  report: requestReport,
  hold_stack: async (trx, run) => {
    // Nobody has seen this apply end, unless what came of it is written already: when it did stays open.
    await trx
      .updateTable('applies')
      .set({ outcome: 'unknown' })
      .where('run_id', '=', run.id)
      .where('outcome', 'is', null)
      .execute();
    await holdStack(trx, {
      stack_id: run.stack_id,
      reason: 'outcome_unknown',
      pull_request_number: run.pull_request_number,
      run_id: run.id,
      note: `Nobody knows how the apply of run #${run.number} ended, or what it did.`,
      created_by: 'zenfra',
    });
  },
};
