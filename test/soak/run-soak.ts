import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/patience.ts';
import { type Chance, chanceOf } from './chance.ts';
import { check } from './checks/index.ts';
import { readLedger } from './entries.ts';
import { readHistory } from './history.ts';
import { letLoose } from './nemesis.ts';
import { setToWork } from './people.ts';
import { heal } from './rest.ts';
import { keepRunning, seeAllUp } from './services.ts';
import { openSoakWorld, type SoakWorld } from './soak-world.ts';
import { secretsOf, watch } from './watch.ts';

export interface SoakReport {
  seed: number;
  runs: number;
  applies: number;
  /** How often each kind of fault has met something. */
  faults: Record<string, number>;
  state_writes: number;
  /** A sentence for each promise that was broken. */
  violations: string[];
}

export interface SoakOptions {
  /** How long people work and things break; what heals and is looked at comes on top. */
  seconds: number;
  seed: number;
  /** A line on what goes on. */
  tell: (line: string) => void;
}

export async function runSoak({ seconds, seed, tell: tellLine }: SoakOptions): Promise<SoakReport> {
  const began = performance.now();
  const tell = (line: string) => tellLine(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${line}`);
  const world = await openSoakWorld();
  const chance = chanceOf(seed);
  tell(`seed ${seed}; everything is below ${world.directory}`);
  const kept = keepRunning(world.services, chance.fork());
  try {
    await seeAllUp(world.services);
    tell('all processes run');
    const { worked, restless } = await letThemWork(world, { seconds, chance, tell });
    await kept.stop();
    const history = await readHistory(world, { ...worked, secrets: secretsOf(world) });
    const violations = [...restless, ...check(history)];
    for (const violation of violations) tell(`VIOLATION: ${violation}`);
    const { runs, applies, versions } = history;
    const counts = { runs: runs.length, applies: applies.length, faults: worked.faults };
    return { seed, ...counts, state_writes: versions.length, violations };
  } finally {
    await kept.stop();
    await world.close();
  }
}

interface Working {
  seconds: number;
  chance: Chance;
  tell: (line: string) => void;
}

async function letThemWork(world: SoakWorld, { seconds, chance, tell }: Working) {
  const watched = watch(world);
  const people = setToWork(world, chance.fork());
  try {
    await eventually('something to be applied', async () => (await readLedger(world.ledger)).length > 0 || undefined);
    tell('something was applied; faults begin');
    const nemesis = letLoose(world, chance.fork());
    await sleep(seconds * 1000);
    const [approvals, faults] = [await people.stop(), await nemesis.stop()];
    tell(`${seconds} s are over; healing`);
    const restless = await heal(world, tell);
    return { restless, worked: { approvals, faults, seen: await watched.stop() } };
  } finally {
    await people.stop();
    await watched.stop();
  }
}
