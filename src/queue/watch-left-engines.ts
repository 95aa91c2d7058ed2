import { listUnwatchedEngines, noteEngineEnded } from '../db/left-applies.ts';
import { getRun } from '../db/runs.ts';
import { transactDurably } from '../db/transact.ts';
import type { StackDefinition } from '../stack/definition.ts';
import type { QueueDeps } from './deps.ts';
import { keepUnsaved } from './rescue.ts';

/**
 * Engines that apply for runs which were given up: nobody follows them, but as long as one lives its stack must not be
 * released. When it has ended that is noted, and a state it could not save is rescued.
 */
export async function watchLeftEngines(deps: QueueDeps): Promise<void> {
  for (const { runId, planId } of await listUnwatchedEngines(deps.db, deps.runner.self.place)) {
    const run = await getRun(deps.db, runId);
    const rootModule = (run.definition as StackDefinition).path;
    const left = await deps.runner.findApply({ planId, rootModule });
    if (left.engine === 'running') continue;
    const unsaved = left.engine === 'ended' ? left.unsavedState : null;
    await transactDurably(deps.db, async (trx) => {
      if (unsaved !== null) await keepUnsaved(deps, trx, run, unsaved);
      await noteEngineEnded(trx, runId);
    });
    deps.log.warn({ run: run.number, runId, rescued: unsaved !== null }, 'an engine that nobody followed has ended');
    await deps.runner.release(planId);
  }
}
