import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, Nemesis } from '../nemesis.ts';

export const databaseFaults: Fault[] = [
  { kind: 'database_killed', weight: 2, strike: killDatabase },
  { kind: 'database_cut', weight: 3, strike: cutDatabase },
  { kind: 'database_hung', weight: 1, strike: hangDatabase },
];

async function killDatabase({ world, chance }: Nemesis, met: () => void): Promise<void> {
  await world.cluster.kill();
  met();
  await sleep(chance.between(0, 2_500));
  // The port may be another's for a moment.
  while (
    !(await world.cluster.start().then(
      () => true,
      () => false,
    ))
  )
    await sleep(500);
}

/** All connections end at once, and new ones for a while. */
async function cutDatabase({ world, chance }: Nemesis, met: () => void): Promise<void> {
  world.database.refuse();
  met();
  await sleep(chance.between(0, 3_000));
  world.database.goOn();
}

async function hangDatabase({ world, chance }: Nemesis, met: () => void): Promise<void> {
  world.database.hang();
  met();
  await sleep(chance.between(1_000, 9_000));
  world.database.goOn();
}
