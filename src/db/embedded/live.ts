import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * The server that runs on this data, from PostgreSQL's own `postmaster.pid`. A file whose process is gone, or is
 * something else (numbers come round again, in containers at every start), is removed: PostgreSQL itself looks only at
 * whether the number is in use.
 */
export async function findLiveServer(directory: string): Promise<{ pid: number; port: number } | undefined> {
  const cluster = join(directory, 'cluster');
  const file = join(cluster, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => '');
  const { pid, port } = parsePidFile(text);
  if (pid === undefined) return undefined;
  if (await isServerOf(pid, cluster)) return port === undefined ? undefined : { pid, port };
  if ((await readFile(file, 'utf8').catch(() => '')) === text) await rm(file, { force: true });
  return undefined;
}

/** Lines of `postmaster.pid`: process, data directory, start time, port, socket directory, address, memory key, status. */
export function parsePidFile(text: string): { pid?: number; port?: number; ready: boolean } {
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  return { ...(pid > 0 && { pid }), ...(port > 0 && { port }), ready: lines[7] === 'ready' };
}

async function isServerOf(pid: number, cluster: string): Promise<boolean> {
  if (process.platform === 'linux') {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    return words.includes(cluster);
  }
  const shown = await promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).catch(() => undefined);
  return shown?.stdout.includes(cluster) ?? false;
}

/** A process that has ended but was not asked about yet counts as gone: in a container that may stay so. */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return !/\) [ZX] /.test(state);
}
