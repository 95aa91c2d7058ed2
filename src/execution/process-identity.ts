import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Tells a process from every other one, also from a later one of the same number. */
export interface ProcessIdentity {
  host: string;
  pid: number;
  /** Where its number means something: the host's name, its boot and the process namespace. */
  place: string;
  /** Ticks since boot, from `/proc`; null where there is none. */
  startTime: string | null;
}

/** `elsewhere`: its number means nothing here (another machine of that name, a boot ago, another container). */
export type Fate = 'alive' | 'dead' | 'elsewhere';

export function ownIdentity(): ProcessIdentity {
  return { host: hostname(), pid: process.pid, place: ownPlace(), startTime: startTimeOf(process.pid) };
}

/** Throws where it cannot be seen, as without room for one more open file: what one that lives has in hand must not be taken. */
export function fateOf(other: Pick<ProcessIdentity, 'pid' | 'place' | 'startTime'>): Fate {
  if (other.place !== ownPlace()) return 'elsewhere';
  if (other.startTime !== null) return readStat(other.pid)?.startTime === other.startTime ? 'alive' : 'dead';
  return isThere(other.pid) ? 'alive' : 'dead';
}

let known: string | undefined;

export function ownPlace(): string {
  known ??= [hostname(), readBoot(), readNamespace()].join(' ');
  return known;
}

/** Null if there is no such process, or only its zombie. */
export function startTimeOf(pid: number): string | null {
  try {
    return readStat(pid)?.startTime ?? null;
  } catch {
    return null;
  }
}

/** Whether a process of that group lives. A zombie, which counts as one for signals, does not. */
export function groupLives(group: number): boolean {
  if (group <= 1 || !isThere(-group)) return false;
  const pids = listProcesses();
  return pids.length === 0 || pids.some((pid) => isInGroup(pid, group));
}

/** One that cannot be seen may be. */
function isInGroup(pid: number, group: number): boolean {
  try {
    return readStat(pid)?.group === group;
  } catch {
    return true;
  }
}

/** The process that was started with that argument. */
export function findByArgument(argument: string): number | undefined {
  return listProcesses().find((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(argument);
    } catch {
      return false;
    }
  });
}

/** Empty where there is no `/proc`. */
function listProcesses(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** The 5th and 22nd field of `/proc/<pid>/stat`; the second may hold spaces and brackets, so fields are counted behind it. */
function readStat(pid: number): { group: number; startTime: string } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, , group, startTime] = [fields[0], fields[1], fields[2], fields[19]];
    return state === 'Z' || startTime === undefined ? null : { group: Number(group), startTime };
  } catch (error) {
    if (gone.has((error as NodeJS.ErrnoException).code)) return null;
    throw error;
  }
}

/** It ended before it was read, or while it was. */
const gone = new Set<string | undefined>(['ENOENT', 'ESRCH', 'ENOTDIR']);

/** Signal 0 asks only whether there is such a process, or group for a negative number; EPERM means that there is. */
function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readBoot(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '-';
  }
}

/** Two containers on one machine may have the same name and boot, and each a process 1. */
function readNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '-';
  }
}
