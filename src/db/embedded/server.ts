import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { open, readFile, rename, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type Account, commandAs } from './account.ts';
import { type Binaries, prepareRuntime } from './binaries.ts';
import { EmbeddedPostgresError } from './error.ts';
import { parsePidFile } from './live.ts';
import { serverEnvironment } from './run-as.ts';

export interface LaunchOptions {
  directory: string;
  account: Account;
  binaries: Binaries;
  port: number;
  settings: Record<string, string>;
}

export interface Launched {
  ok: true;
  port: number;
  /** Resolves when it has ended, by itself or not. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

/** `retry`: another process was faster, or the previous server is not quite gone. */
export interface NotLaunched {
  ok: false;
  retry: boolean;
  portTaken: boolean;
  error: EmbeddedPostgresError;
}

/**
 * Sized for a machine that also runs the engines. No socket in the file system (it would be open to all users). What
 * the log must not hold: statements and the values in an error's detail.
 */
const ownSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '32MB',
  max_connections: '100',
  max_wal_size: '256MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  io_method: 'sync',
  jit: 'off',
  synchronous_commit: 'on',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_line_prefix: '%m [%p] ',
};

/** Starts the server and waits until it takes connections. */
export async function launchServer(options: LaunchOptions): Promise<Launched | NotLaunched> {
  const { directory, account, port } = options;
  const logFile = join(directory, 'server.log');
  const printedBefore = await rotate(logFile);
  const child = await spawnServer(options, logFile);
  const watchdog = account.setpriv ? undefined : startWatchdog(child);
  const ended = new Promise<void>((done) => {
    child.once('exit', () => done());
    child.once('error', () => done());
  });
  void ended.then(() => watchdog?.kill());
  if (!(await isReady(child, join(directory, 'cluster')))) {
    await ended;
    const printed = (await readFile(logFile)).subarray(printedBefore).toString();
    return explain(printed, options);
  }
  return { ok: true, port, ended, stop: () => stopServer(child, ended) };
}

/**
 * Below the range from which kernels take the ports of outgoing connections (Linux 32768–60999, others from 49152): one
 * from that range can be a connection's own by the time its server starts, for minutes. Another process can still take
 * it before the caller's server does; the caller then tries again.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_768);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done, fail) => {
    const server = createServer()
      .once('error', (error: NodeJS.ErrnoException) => (isTaken(error) ? done(false) : fail(error)))
      .listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
}

/** Windows reserves ranges of ports, and answers EACCES for them. */
const isTaken = ({ code }: NodeJS.ErrnoException) => code === 'EADDRINUSE' || code === 'EACCES';

async function spawnServer(options: LaunchOptions, logFile: string): Promise<ChildProcess> {
  const { directory, account, binaries, port } = options;
  const { bin, libraries } = await prepareRuntime(binaries, account, directory);
  const { file, args: prefix, identity } = commandAs(account, join(bin, 'postgres'));
  const settings = { ...ownSettings, ...options.settings, port: String(port) };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const output = await open(logFile, 'a', 0o600);
  try {
    const child = spawn(file, [...prefix, '-D', join(directory, 'cluster'), ...args], {
      ...identity,
      cwd: '/',
      env: serverEnvironment(libraries),
      stdio: ['ignore', output.fd, output.fd],
      // Its own session: Ctrl-C in the terminal is for us, who still have things to write before the database stops.
      detached: true,
    });
    child.unref();
    return child;
  } finally {
    await output.close();
  }
}

async function isReady(child: ChildProcess, cluster: string): Promise<boolean> {
  let failed = false;
  child.once('error', () => {
    failed = true;
  });
  while (!failed && child.exitCode === null && child.signalCode === null) {
    const { pid, ready } = parsePidFile(await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => ''));
    if (ready && pid === child.pid) return true;
    await new Promise((done) => setTimeout(done, 5));
  }
  return false;
}

/** SIGINT is PostgreSQL's fast shutdown: sessions are ended, everything is written. SIGQUIT leaves the rest to recovery. */
async function stopServer(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGINT');
  const impatience = setTimeout(() => child.kill('SIGQUIT'), 20_000);
  await ended;
  clearTimeout(impatience);
}

/**
 * Where the kernel cannot tie the server to us: a shell that waits for the end of a pipe, which closes when we are gone,
 * however we went.
 */
function startWatchdog(server: ChildProcess): ChildProcess {
  const script = 'read -r _; kill -INT "$1" 2>/dev/null';
  const watchdog = spawn('/bin/sh', ['-c', script, 'sh', String(server.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  watchdog.on('error', () => {});
  watchdog.unref();
  (watchdog.stdin as unknown as { unref(): void } | null)?.unref();
  return watchdog;
}

function explain(printed: string, { directory, port }: LaunchOptions): NotLaunched {
  const portTaken = /Address already in use/i.test(printed);
  const retry = /lock file ".*" already exists|pre-existing shared memory block/i.test(printed);
  const message = portTaken
    ? `Port ${port} of 127.0.0.1, meant for the embedded PostgreSQL, is in use by another process. End that, or give another port.`
    : `The embedded PostgreSQL in ${directory} did not start: ${printed.trim().slice(-1500) || 'it printed nothing'}`;
  return { ok: false, retry, portTaken, error: new EmbeddedPostgresError(message) };
}

/** Gives the length of what is in the file already. */
async function rotate(logFile: string): Promise<number> {
  const size = (await stat(logFile).catch(() => undefined))?.size ?? 0;
  if (size < 1_000_000) return size;
  await rename(logFile, `${logFile}.old`);
  return 0;
}
