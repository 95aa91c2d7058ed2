import { removeRepositories } from '../db/repositories.ts';
import { listLiveRunsOfRepository } from '../db/runs.ts';
import { advance } from '../queue/advance.ts';
import type { TriggerDeps } from './deps.ts';

/**
 * The App was taken off these repositories: nothing can be read there, asked or told any more. Their runs are canceled,
 * but one that applies goes on: to stop in the middle would leave more undone than done.
 */
export async function endRepositories(deps: TriggerDeps, ids: number[]): Promise<void> {
  await removeRepositories(deps.db, ids);
  for (const id of ids) {
    for (const run of await listLiveRunsOfRepository(deps.db, id)) {
      if (run.status === 'applying') continue;
      const event = { type: 'cancel_requested' as const, by: 'the removal of the App' };
      await advance(deps.db, { runId: run.id, event, actor: 'zenfra' });
    }
  }
}
