import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { startTimeOf } from './process-identity.ts';

/** Above the ranges that distributions, containers and systemd give out, below those that a signed number cannot hold. */
const firstUser = 0x70000000;

/**
 * The user that works in a work directory: a number that nobody else has, made from the directory's name, so that
 * nothing has to be remembered and a worker that takes over an apply knows it.
 */
export function userOf(directory: string): number {
  return firstUser + (createHash('sha256').update(directory).digest().readUInt32BE(0) & 0x0fffffff);
}

const tries = 20;

/** Ends all that the user has running, also what left its process group. */
export async function endUser(user: number): Promise<void> {
  for (let count = 0; count < tries; count += 1) {
    if (!killUser(user)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Tells all of it to end, once. False if there was nothing. */
export function killUser(user: number): boolean {
  const left = processesOf(user);
  for (const pid of left) kill(pid);
  return left.length > 0;
}

function processesOf(user: number): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const owner = statSync(`/proc/${name}`, { throwIfNoEntry: false })?.uid;
    // Of a zombie nothing is left to end.
    return owner === user && startTimeOf(Number(name)) !== null ? [Number(name)] : [];
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
