import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/patience.ts';
import type { ZenfraProcess } from '../support/zenfra-process.ts';
import type { Chance } from './chance.ts';

/** One process of Zenfra, as a service manager knows it. */
export interface Service {
  name: string;
  role: 'server' | 'worker';
  process: ZenfraProcess;
}

/** Starts what has ended, after a moment, as a service manager does. Resolves, once told to stop, when it starts nothing more. */
export function keepRunning(services: Service[], chance: Chance): { stop(): Promise<void> } {
  let stopping = false;
  const keep = async ({ process, role }: Service, own: Chance) => {
    while (!stopping) {
      // One that is told to start while the database is away ends by itself.
      if (process.state() === 'ended') await process.start({ role }).catch(() => undefined);
      while (!stopping && process.state() !== 'ended') await sleep(50);
      await sleep(own.between(100, 3_000));
    }
  };
  const kept = services.map((service) => keep(service, chance.fork()));
  return {
    async stop() {
      stopping = true;
      await Promise.all(kept);
    },
  };
}

/** Until all of them run and answer. */
export async function seeAllUp(services: Service[]): Promise<void> {
  await eventually('every process of Zenfra to run', async () => {
    const up = await Promise.all(services.map(isUp));
    return up.every(Boolean) || undefined;
  });
}

async function isUp({ process, role }: Service): Promise<boolean> {
  if (process.state() !== 'running') return false;
  if (role === 'worker') return true;
  const answer = await fetch(`${process.url}/readyz`).catch(() => undefined);
  return answer?.status === 200;
}
