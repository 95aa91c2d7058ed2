import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { isRunning } from '../../src/db/embedded/live.ts';
import { holdForOthers } from './hold-for-others.ts';

export const isRoot = process.getuid?.() === 0;

/** A directory that every user can walk into, removed by `rm`. */
export async function makeRoom(mode = 0o755): Promise<string> {
  const room = await mkdtemp(join(tmpdir(), 'zenfra-embedded-'));
  await chmod(room, mode);
  return room;
}

export async function clear(room: string): Promise<void> {
  await rm(room, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 });
}

export interface Holding {
  child: ChildProcess;
  /** The URL, or the error's text. */
  said: string;
  /** Ends the process without a word, and waits until it is gone. */
  kill(): Promise<void>;
}

/** `hold-postgres` as a process of its own; `through` is a command line to run it with, which changes the user. */
export async function hold(
  dataDir: string,
  options: { through?: string[]; env?: Record<string, string>; port?: number } = {},
): Promise<Holding> {
  const { through = [], port } = options;
  const own = [process.execPath, '--import', import.meta.resolve('tsx'), join(import.meta.dirname, 'hold-postgres.ts')];
  const program = through.length > 0 ? await holdForOthers() : own;
  const [file = '', ...args] = [...through, ...program, dataDir, ...(port ? [String(port)] : [])];
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, ...options.env },
  });
  const gone = new Promise<void>((done) => child.once('exit', () => done()));
  let said = '';
  for await (const line of createInterface({ input: child.stdout })) {
    said = line;
    break;
  }
  const kill = async () => {
    child.kill('SIGKILL');
    await gone;
  };
  return { child, said, kill };
}

export async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

export async function readServerPid(dataDir: string): Promise<number> {
  const text = await readFile(join(dataDir, 'postgres', 'cluster', 'postmaster.pid'), 'utf8');
  return Number(text.split('\n')[0]);
}

/** Resolves when the process is gone; the test's own time limit is the only one. */
export async function waitUntilGone(pid: number): Promise<void> {
  while (await isRunning(pid)) await new Promise((done) => setTimeout(done, 10));
}

/** What `act` gives once it does not fail any more; the test's own time limit is the only one. */
export async function again<T>(act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch {
      await new Promise((done) => setTimeout(done, 10));
    }
  }
}
