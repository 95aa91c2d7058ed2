import type { Transaction } from 'kysely';
import { endPhases, startPhase } from '../db/run-phases.ts';
import type { Run } from '../db/runs.ts';
import type { Database } from '../db/schema.ts';
import { autoApplier } from '../run/auto-apply.ts';
import type { RunEvent } from '../run/event.ts';
import type { RunPhase, RunStatus } from '../run/status.ts';
import { isFinal, maxAttempts } from '../run/transition.ts';

/** Keeps the run's history, the timeline people see, in step with its status. */
export async function recordPhases(
  trx: Transaction<Database>,
  before: Run,
  change: { run: Run; event: RunEvent },
): Promise<void> {
  const { run, event } = change;
  if (run.status === before.status) return;
  await endPhases(trx, run.id, outcomeOf(run.status, event));
  const phase = phaseOf[run.status];
  const over = run.status === 'approved' || run.status === 'finished';
  if (phase) await startPhase(trx, run.id, { phase, note: noteFor(run, event), over });
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
