import { setTimeout as sleep } from 'node:timers/promises';
import { acts } from './acts.ts';
import type { Chance } from './chance.ts';
import type { SoakWorld } from './soak-world.ts';

/** What people have said yes to. */
export interface Approvals {
  /** By the button of a check. */
  runs: Set<string>;
  /** By a comment on a pull request. */
  pulls: Set<number>;
  /** The pull request that a commit of the branch has merged. */
  merged: Map<string, number>;
}

/** Somebody at work, with what they know. */
export interface Work {
  world: SoakWorld;
  chance: Chance;
  approvals: Approvals;
  pulls: { number: number; branch: string; stack: string }[];
  /** So that each change is told from all others. */
  given: { revisions: number };
}

const people = 3;

/** Each does one thing after the other, with pauses in which Zenfra can get something done. */
export function setToWork(world: SoakWorld, chance: Chance): { stop(): Promise<Approvals> } {
  const approvals: Approvals = { runs: new Set(), pulls: new Set(), merged: new Map() };
  const shared = { world, approvals, pulls: [], given: { revisions: 0 } };
  let stopping = false;
  const go = async (work: Work) => {
    while (!stopping) {
      const act = work.chance.weigh(acts);
      // Where the database is away, or a branch cannot be merged, something else is done.
      const done = await act?.does(work).catch(() => false);
      await sleep(done ? work.chance.between(500, 2_500) : 100);
    }
  };
  const gone = Array.from({ length: people }, () => go({ ...shared, chance: chance.fork() }));
  return {
    async stop() {
      stopping = true;
      await Promise.all(gone);
      return approvals;
    },
  };
}
