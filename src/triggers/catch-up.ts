import { unlessAtIt } from '../db/one-at-a-time.ts';
import { listRepositoriesToLookAt } from '../db/repositories.ts';
import { redeliverLost } from './catch-up/deliveries.ts';
import { catchUpInstallations, type Tolerant } from './catch-up/installations.ts';
import { catchUpRepository } from './catch-up/repository.ts';
import type { TriggerDeps } from './deps.ts';

/** Each repository is looked at about this often: two or three questions each, so an installation of 100 asks 3,600 an hour of its 5,000 at most. */
const lookEverySeconds = 300;

/** In one pass. More of them wait for the next. */
const mostRepositories = 25;

/**
 * Makes up for missing webhooks: those that were not answered well are sent for again; installations, pull requests and
 * tracked branches are compared with what was acted on. Where nothing has changed nothing is done, and what a person
 * has decided is not decided again. Called at the start and every minute by every server; one of them does it, until
 * `signal` ends it. A question that fails does not hold back the others.
 */
export async function catchUp(
  deps: TriggerDeps,
  { everySeconds = lookEverySeconds, signal }: { everySeconds?: number; signal?: AbortSignal } = {},
): Promise<void> {
  await unlessAtIt(deps.db, 'catch-up', async () => {
    const tolerant: Tolerant = async (about, act) => {
      if (signal?.aborted) return;
      await act().catch((error: unknown) =>
        deps.log.warn({ err: error, ...about }, 'catching up failed; trying again'),
      );
    };
    await tolerant({ about: 'deliveries' }, () => redeliverLost(deps, new Date()));
    await tolerant({ about: 'installations' }, () => catchUpInstallations(deps, tolerant));
    for (const repository of await listRepositoriesToLookAt(deps.db, { most: mostRepositories, everySeconds }))
      await tolerant({ repository: repository.name }, () => catchUpRepository(deps, repository));
  });
}
