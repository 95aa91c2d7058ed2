import type { PagesDeps } from '../deps.ts';
import { RunHub } from './run-hub.ts';

/** The hubs of the runs that are being watched. */
export interface RunHubs {
  /** The hub of a run, made by the first who comes; undefined if there is no such run. Whoever enters must leave once. */
  enter(runId: string): Promise<RunHub | undefined>;
  /** The last one out closes it. */
  leave(runId: string): void;
}

export function runHubs(deps: Pick<PagesDeps, 'db' | 'changes' | 'githubServerUrl' | 'log'>): RunHubs {
  const hubs = new Map<string, { hub: Promise<RunHub | undefined>; users: number }>();
  return {
    enter: (runId) => {
      const entry = hubs.get(runId) ?? { hub: RunHub.open(deps, runId), users: 0 };
      hubs.set(runId, entry);
      entry.users += 1;
      return entry.hub;
    },
    leave: (runId) => {
      const entry = hubs.get(runId);
      if (!entry) return;
      entry.users -= 1;
      if (entry.users > 0) return;
      hubs.delete(runId);
      entry.hub.then((hub) => hub?.close()).catch(() => undefined);
    },
  };
}
