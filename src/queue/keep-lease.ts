import { extendLease, type Lease } from '../db/runs.ts';
import { leaseSeconds } from '../db/sweeps.ts';
import type { QueueDeps } from './deps.ts';

export type StopReason = 'canceled' | 'lease_lost';

/**
 * Renews a lease while its execution runs, and tells it to stop: because a person asked, or because the run is another
 * worker's by now. A renewal that fails (the database is away) is tried again at the next beat; the sweep's clock is
 * the database's, and after an outage it waits for as long as a lease (`db/sweeps`).
 */
export function keepLease(
  deps: Pick<QueueDeps, 'db' | 'log'>,
  lease: Lease,
): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  let busy = false;
  const beat = async () => {
    if (busy) return;
    busy = true;
    try {
      const { held, cancel } = await extendLease(deps.db, lease, leaseSeconds);
      if (!held) controller.abort('lease_lost' satisfies StopReason);
      else if (cancel) controller.abort('canceled' satisfies StopReason);
    } catch (error) {
      deps.log.warn({ err: error, runId: lease.runId }, 'a lease could not be renewed; trying again');
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(beat, (leaseSeconds * 1000) / 8);
  return { signal: controller.signal, stop: () => clearInterval(timer) };
}
