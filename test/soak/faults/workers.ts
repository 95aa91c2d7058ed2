import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { leaseSeconds } from '../../../src/db/sweeps.ts';
import { isEngineAlive } from '../../../src/execution/engine-process.ts';
import type { EngineRecord } from '../../../src/execution/engine-record.ts';
import { findEngines } from '../../support/engines.ts';
import type { Fault, Nemesis } from '../nemesis.ts';
import type { Service } from '../services.ts';

export const workerFaults: Fault[] = [
  { kind: 'worker_killed', weight: 4, strike: killWorker },
  { kind: 'worker_paused', weight: 2, strike: pauseWorker },
  { kind: 'worker_terminated', weight: 1, strike: terminateWorker },
  { kind: 'engine_killed', weight: 2, strike: killEngine },
  { kind: 'worker_and_engine_killed', weight: 1, strike: killWorkersAndEngine },
];

function runningWorkers({ world }: Nemesis): Service[] {
  return world.services.filter(({ role, process }) => role === 'worker' && process.state() === 'running');
}

async function killWorker(nemesis: Nemesis, met: () => void): Promise<void> {
  const worker = nemesis.chance.pick(runningWorkers(nemesis));
  if (!worker) return;
  await worker.process.kill('SIGKILL');
  met();
}

/** For longer than its lease; then it goes on as if nothing had been. */
async function pauseWorker(nemesis: Nemesis, met: () => void): Promise<void> {
  const worker = nemesis.chance.pick(runningWorkers(nemesis));
  if (!worker) return;
  worker.process.signal('SIGSTOP');
  met();
  await sleep(leaseSeconds * 1000 + nemesis.chance.between(500, 3_000));
  worker.process.signal('SIGCONT');
}

/** As a deploy does: it finishes what it has in hand. One that takes too long is killed, as a deploy does too. */
async function terminateWorker(nemesis: Nemesis, met: () => void): Promise<void> {
  const worker = nemesis.chance.pick(runningWorkers(nemesis));
  if (!worker) return;
  met();
  const patience = new AbortController();
  const killed = sleep(8_000, undefined, { signal: patience.signal }).then(
    () => worker.process.kill('SIGKILL'),
    () => undefined,
  );
  await worker.process.kill('SIGTERM');
  patience.abort();
  await killed;
}

/** The engine alone: its wrapper tells of it. */
async function killEngine(nemesis: Nemesis, met: () => void): Promise<void> {
  const engine = nemesis.chance.pick(await listAlive(nemesis));
  const [child] = engine ? childrenOf(engine.pid) : [];
  if (child !== undefined && kill(child)) met();
}

/** As when the machine is lost: nobody is left to tell what the engine did. */
async function killWorkersAndEngine(nemesis: Nemesis, met: () => void): Promise<void> {
  const engine = nemesis.chance.pick(await listAlive(nemesis));
  if (!engine) return;
  await Promise.all(runningWorkers(nemesis).map(({ process }) => process.kill('SIGKILL')));
  if (kill(-engine.pid)) met();
}

/** Engines at work, those that apply first of all. */
async function listAlive({ world }: Nemesis): Promise<EngineRecord[]> {
  const alive = (await findEngines(world.directory)).filter(isEngineAlive);
  const applying = alive.filter(({ name }) => name === 'apply');
  return applying.length > 0 ? applying : alive;
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
