import { setTimeout as sleep } from 'node:timers/promises';
import { isDatabaseAway } from '../db/away.ts';
import { LeaseLost } from '../execution/contract.ts';
import type { QueueDeps } from './deps.ts';

const pauseMs = 500;

/**
 * Does what an execution needs of the database, again and again while that is away: an apply that runs must not be given
 * up because PostgreSQL is restarted. Ends when the run is known to be another worker's. `act` may have been done when
 * its reply was lost, so doing it twice must be as good as once.
 */
export async function retryWhileAway<T>(
  deps: Pick<QueueDeps, 'log'>,
  about: { runId: string; signal: AbortSignal },
  act: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!isDatabaseAway(error)) throw error;
      if (about.signal.aborted && about.signal.reason === 'lease_lost')
        throw new LeaseLost('Another worker has it now.');
      deps.log.warn({ err: error, runId: about.runId }, 'the database is away; trying again');
      await sleep(pauseMs);
    }
  }
}
