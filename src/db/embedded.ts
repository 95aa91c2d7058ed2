import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import pg from 'pg';
import type { Logger } from 'pino';
import { type Account, chooseAccount } from './embedded/account.ts';
import { type Binaries, findBinaries } from './embedded/binaries.ts';
import { makeCluster, readPassword } from './embedded/cluster.ts';
import { EmbeddedPostgresError } from './embedded/error.ts';
import { type KeepUp, keepUp } from './embedded/keep-up.ts';
import { findLiveServer } from './embedded/live.ts';
import { freePort, type Launched, launchServer } from './embedded/server.ts';

export { EmbeddedPostgresError } from './embedded/error.ts';

export interface EmbeddedPostgresOptions {
  /** The data directory of the installation; all of the database is in its `postgres` folder. Made if missing. */
  dataDir: string;
  /** On 127.0.0.1; a free one if not given. */
  port?: number;
  /** PostgreSQL's own settings, on top of ours. */
  settings?: Record<string, string>;
  log: Logger;
}

export interface EmbeddedPostgres {
  /** `postgres://…` with the password, to a database named `zenfra`. */
  url: string;
  /** Ends the server if this call started it; one that was found running belongs to its own parent. */
  stop(): Promise<void>;
}

/**
 * Runs the PostgreSQL 18 that comes as an npm package, for an installation without a database of its own. It listens
 * on loopback alone, wants a password (the engines' child processes run on the same machine), and ends with the
 * process that started it, even one that is killed. As root it runs as `postgres` or `nobody`, or as whoever owns the
 * data already.
 *
 * A server that runs on the same data is used instead of starting a second one; it stops with the process that
 * started it. Throws `EmbeddedPostgresError`, whose message says what to do, when directory or port cannot be had.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  await makeDirectory(dataDir);
  const account = await chooseAccount(dataDir);
  const binaries = await findBinaries();
  const directory = await makeCluster({ dataDir, account, binaries, durable: options.settings?.fsync !== 'off' });
  const password = await readPassword(directory);
  return startOrJoin(options, { directory, account, binaries, password });
}

interface Place {
  directory: string;
  account: Account;
  binaries: Binaries;
  password: string;
}

/** Other processes may be starting or stopping a server on the same data: the data's own lock file decides, so look again. */
async function startOrJoin(options: EmbeddedPostgresOptions, place: Place): Promise<EmbeddedPostgres> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const live = await findLiveServer(place.directory);
    if (live) {
      const joined = await join(options, place, live.port);
      if (joined) return joined;
    } else {
      const port = options.port ?? (await freePort());
      const launch = () => launchServer({ ...place, port, settings: options.settings ?? {} });
      const launched = await launch();
      if (launched.ok) return started(place, launched, { ...place, log: options.log, launch });
      if (!launched.retry && !(launched.portTaken && options.port === undefined)) throw launched.error;
    }
    if (Date.now() > deadline) {
      throw new EmbeddedPostgresError(
        `The PostgreSQL in ${place.directory} is neither up nor gone after 30 seconds. Look at ${place.directory}/server.log, end its process and start again.`,
      );
    }
    await new Promise((done) => setTimeout(done, 50));
  }
}

async function started(place: Place, launched: Launched, again: KeepUp): Promise<EmbeddedPostgres> {
  try {
    await makeDatabase(place.password, launched.port);
  } catch (error) {
    await launched.stop();
    throw error;
  }
  return { url: urlOf(place.password, launched.port), stop: keepUp(launched, again) };
}

/** Undefined if that server is on its way up or down, or has gone since. */
async function join(
  options: EmbeddedPostgresOptions,
  place: Place,
  port: number,
): Promise<EmbeddedPostgres | undefined> {
  try {
    await makeDatabase(place.password, port);
  } catch (error) {
    if (isPassing(error)) return undefined;
    throw new EmbeddedPostgresError(
      `The PostgreSQL in ${place.directory} answers on port ${port} but does not let us in. End its process and start again.`,
      { cause: error },
    );
  }
  options.log.info({ port }, 'using the embedded PostgreSQL that another process has started');
  if (options.port !== undefined && options.port !== port) {
    options.log.warn({ port, asked: options.port }, 'the embedded PostgreSQL runs on another port than asked for');
  }
  return { url: urlOf(place.password, port), stop: async () => {} };
}

/** `57P03` is PostgreSQL's "starting up" or "shutting down", `57P01` the end of a session by a shutdown. */
function isPassing(error: unknown): boolean {
  const code = (error as { code?: string }).code;
  return code === undefined || ['57P03', '57P01', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(code);
}

async function makeDatabase(password: string, port: number): Promise<void> {
  try {
    await query(urlOf(password, port), 'select 1');
  } catch (error) {
    if ((error as { code?: string }).code !== '3D000') throw error;
    await query(urlOf(password, port, 'postgres'), 'create database zenfra').catch((reason) => {
      // Two processes may find it missing at once.
      if (!['42P04', '23505'].includes(reason.code)) throw reason;
    });
  }
}

async function query(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(text);
  } finally {
    await client.end().catch(() => {});
  }
}

function urlOf(password: string, port: number, database = 'zenfra'): string {
  return `postgres://zenfra:${password}@127.0.0.1:${port}/${database}`;
}

async function makeDirectory(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why =
      code === 'EEXIST' || code === 'ENOTDIR' ? 'it, or a folder on the way to it, is a file' : `${code ?? error}`;
    throw new EmbeddedPostgresError(
      `The data directory ${dataDir} cannot be made: ${why}. Set ZENFRA_DATA_DIR to a directory that can be written to, or DATABASE_URL to a PostgreSQL of your own.`,
      { cause: error },
    );
  }
}
