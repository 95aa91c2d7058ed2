import { existsSync, readFileSync, rmSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { connect } from '../../src/db/connect.ts';
import { startEmbeddedPostgres } from '../../src/db/embedded.ts';
import { migrate } from '../../src/db/migrate.ts';

export interface TestCluster {
  /** To the migrated database that test databases are copied from. Nothing may stay connected to it. */
  templateUrl: string;
  stop(): Promise<void>;
  /** Stops it at once, without waiting: for the end of a process. */
  abandon(): void;
}

/** A PostgreSQL for tests: real in everything but that it writes to disk when it pleases. */
export async function startTestCluster(): Promise<TestCluster> {
  const dataDir = await mkdtemp(join(tmpdir(), 'zenfra-test-'));
  // Under root the server is another user, who must be able to get there.
  await chmod(dataDir, 0o755);
  const log = pino({ level: 'error' });
  const settings = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', max_connections: '300' };
  const server = await startEmbeddedPostgres({ dataDir, log, settings });
  const { db, pool } = connect(server.url, log);
  await migrate(db, pool);
  await db.destroy();
  const stop = async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  const abandon = () => {
    const [pid] = readFileSync(join(dataDir, 'postgres', 'cluster', 'postmaster.pid'), 'utf8').split('\n');
    process.kill(Number(pid), 'SIGQUIT');
    removeSync(dataDir);
  };
  return { templateUrl: server.url, stop, abandon };
}

/** The server goes on writing for the milliseconds that its end takes. */
function removeSync(directory: string): void {
  for (let tries = 0; existsSync(directory) && tries < 100; tries += 1) {
    try {
      rmSync(directory, { recursive: true, force: true });
    } catch {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}
