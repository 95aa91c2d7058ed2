import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, Nemesis } from '../nemesis.ts';
import type { Service } from '../services.ts';

export const serverFaults: Fault[] = [
  { kind: 'server_killed', weight: 3, strike: killServer },
  { kind: 'server_paused', weight: 1, strike: pauseServer },
  { kind: 'front_cut', weight: 2, strike: cutFront },
];

function runningServers({ world }: Nemesis): Service[] {
  return world.services.filter(({ role, process }) => role === 'server' && process.state() === 'running');
}

async function killServer(nemesis: Nemesis, met: () => void): Promise<void> {
  const server = nemesis.chance.pick(runningServers(nemesis));
  if (!server) return;
  await server.process.kill('SIGKILL');
  met();
}

async function pauseServer(nemesis: Nemesis, met: () => void): Promise<void> {
  const server = nemesis.chance.pick(runningServers(nemesis));
  if (!server) return;
  server.process.signal('SIGSTOP');
  met();
  await sleep(nemesis.chance.between(2_000, 6_000));
  server.process.signal('SIGCONT');
}

/** Neither GitHub nor the engines reach a server. */
async function cutFront({ world, chance }: Nemesis, met: () => void): Promise<void> {
  world.front.refuse();
  met();
  await sleep(chance.between(300, 4_000));
  world.front.goOn();
}
