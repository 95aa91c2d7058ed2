import { setTimeout as sleep } from 'node:timers/promises';
import type { Chance } from './chance.ts';
import { databaseFaults } from './faults/database.ts';
import { githubFaults } from './faults/github.ts';
import { serverFaults } from './faults/servers.ts';
import { workerFaults } from './faults/workers.ts';
import type { SoakWorld } from './soak-world.ts';

/** Something that goes wrong. */
export interface Fault {
  kind: string;
  weight: number;
  /** Calls `met` once it has met something. Resolves when it is over, or goes on by itself. */
  strike(nemesis: Nemesis, met: () => void): Promise<void>;
}

export interface Nemesis {
  world: SoakWorld;
  chance: Chance;
}

/** What goes wrong at the same time, with the pauses in between, in milliseconds. */
const lanes: { faults: Fault[]; least: number; most: number }[] = [
  { faults: workerFaults, least: 2_000, most: 6_000 },
  { faults: [...serverFaults, ...databaseFaults], least: 3_500, most: 9_000 },
  { faults: githubFaults, least: 500, most: 2_500 },
];

/** Lets things go wrong until it is told to stop; resolves then with how often each kind has met something. */
export function letLoose(world: SoakWorld, chance: Chance): { stop(): Promise<Record<string, number>> } {
  const counts: Record<string, number> = {};
  let stopping = false;
  const go = async ({ faults, least, most }: (typeof lanes)[number], own: Chance) => {
    while (!stopping) {
      await sleep(own.between(least, most));
      const fault = own.weigh(faults);
      if (stopping || !fault) continue;
      await fault.strike({ world, chance: own }, () => {
        counts[fault.kind] = (counts[fault.kind] ?? 0) + 1;
      });
    }
  };
  const gone = lanes.map((lane) => go(lane, chance.fork()));
  return {
    async stop() {
      stopping = true;
      await Promise.all(gone);
      return counts;
    },
  };
}
