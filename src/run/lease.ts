import type { RunEvent } from './event.ts';
import type { RunStatus } from './status.ts';
import { isFinal } from './transition.ts';

/**
 * What an event that leads to `status` makes of a worker's hold on a run. `taken`: a worker has it anew, under the next
 * generation. It ends with its execution; a phase that follows another within one execution keeps it.
 */
export function leaseAfter(event: RunEvent, status: RunStatus): 'taken' | 'kept' | 'ended' {
  if (isFinal(status) || ending.includes(event.type)) return 'ended';
  return taking.includes(event.type) ? 'taken' : 'kept';
}

const taking: RunEvent['type'][] = ['claimed', 'readopted'];
const ending: RunEvent['type'][] = ['plan_finished', 'apply_finished', 'phase_failed', 'engine_stopped', 'worker_lost'];

/** An expired lease still holds until the sweep has taken the run away: until then nobody else has it. */
export function holdsLease(
  run: { lease_generation: number; lease_expires_at: Date | null },
  lease: { generation: number },
): boolean {
  return run.lease_generation === lease.generation && run.lease_expires_at !== null;
}
