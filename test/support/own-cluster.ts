import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import pino from 'pino';
import { connect } from '../../src/db/connect.ts';
import { freePort } from '../../src/db/embedded/server.ts';
import { startEmbeddedPostgres } from '../../src/db/embedded.ts';
import { migrate } from '../../src/db/migrate.ts';
import type { Database } from '../../src/db/schema.ts';

/** A PostgreSQL of a test's own, with the settings that an installation has, to be killed and started again. */
export interface OwnCluster {
  url: string;
  db: Kysely<Database>;
  /** Its processes end at once, with nothing written that was not written yet. */
  kill(): Promise<void>;
  /** On the same data, at the same address. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export async function openOwnCluster(): Promise<OwnCluster> {
  const dataDir = await mkdtemp(join(tmpdir(), 'zenfra-own-'));
  // Under root the server is another user, who must be able to get there.
  await chmod(dataDir, 0o755);
  const log = pino({ level: 'silent' });
  const port = await freePort();
  const launch = () => startEmbeddedPostgres({ dataDir, log, port });
  let server = await launch();
  const { db, pool } = connect(server.url, log);
  await migrate(db, pool);
  const close = async () => {
    await db.destroy();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  return {
    url: server.url,
    db,
    kill: async () => {
      await killAtOnce(join(dataDir, 'postgres', 'cluster', 'postmaster.pid'));
      // Else it would be started again before the test wants it.
      await server.stop();
    },
    start: async () => {
      server = await launch();
    },
    close,
  };
}

/** SIGQUIT is PostgreSQL's immediate shutdown: what is in memory is lost, and the next start recovers from the log. */
async function killAtOnce(pidFile: string): Promise<void> {
  const pid = Number((await readFile(pidFile, 'utf8')).split('\n')[0]);
  process.kill(pid, 'SIGQUIT');
  while (isThere(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
