import type { Transaction } from 'kysely';
import { recordChange } from '../db/run-phases.ts';
import type { Run } from '../db/runs.ts';
import type { Database } from '../db/schema.ts';
import { autoApplier } from '../run/auto-apply.ts';
import type { RunEvent } from '../run/event.ts';
import type { RunPhase, RunStatus } from '../run/status.ts';
import { isFinal, maxAttempts } from '../run/transition.ts';

/** Keeps the run's history, the timeline people see among it, in step with its status. */
export async function recordMove(
  trx: Transaction<Database>,
  before: Run,
  made: { run: Run; event: RunEvent; actor: string },
): Promise<void> {
  const { run, event, actor } = made;
  const told = {
    run_id: run.id,
    event: event.type,
    from_status: before.status,
    to_status: run.status,
    actor,
    reason: 'failure' in event ? event.failure.headline : run.ended_because,
  };
  await recordChange(trx, told, run.status === before.status ? null : phasesOf(run, event));
}

function phasesOf(run: Run, event: RunEvent): Parameters<typeof recordChange>[2] {
  const phase = phaseOf[run.status];
  const over = run.status === 'approved' || run.status === 'finished';
  return { outcome: outcomeOf(run.status, event), begun: phase ? { phase, note: noteFor(run, event), over } : null };
}

/** `approved` is both the wait for a person and the approval: the page shows one row for the two. */
const phaseOf: Partial<Record<RunStatus, RunPhase>> = {
  queued: 'queued',
  preparing: 'preparing',
  initializing: 'initializing',
  planning: 'planning',
  unconfirmed: 'approved',
  approved: 'approved',
  applying: 'applying',
  finished: 'finished',
};

function outcomeOf(status: RunStatus, event: RunEvent) {
  if (event.type === 'worker_lost') return 'failed';
  if (!isFinal(status) || status === 'finished') return 'succeeded';
  return status as 'failed' | 'discarded' | 'canceled';
}

function noteFor(run: Run, event: RunEvent): string | null {
  if (event.type === 'worker_lost') return `the worker was lost; attempt ${run.attempt + 1} of ${maxAttempts}`;
  if (run.status === 'approved')
    return run.approved_by === autoApplier ? 'applied automatically' : `by ${run.approved_by}`;
  if (run.status === 'unconfirmed') return 'waits for approval';
  return null;
}
