import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { startEmbeddedPostgres } from '../../src/db/embedded.ts';
import { openStage, type Stage } from '../../src/sandbox/stage.ts';

export interface World {
  stage: Stage;
  databaseUrl: string;
  /** For what a bench writes. */
  directory: string;
  close(): Promise<void>;
}

/**
 * Zenfra, the sandbox GitHub and a PostgreSQL with the settings that users get: it writes each commit to the disk
 * before it answers.
 */
export async function openWorld(
  options: { slots?: number; environment?: Record<string, string | undefined> } = {},
): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), 'zenfra-bench-'));
  // Under root PostgreSQL is another user, who must be able to get there.
  await chmod(root, 0o755);
  const postgres = await startEmbeddedPostgres({ dataDir: join(root, 'data'), log: pino({ level: 'warn' }) });
  const environment = { ...process.env, TF_CLI_CONFIG_FILE: undefined, ...options.environment };
  const stage = await openStage({
    databaseUrl: postgres.url,
    directory: join(root, 'stage'),
    slots: options.slots ?? 2,
    environment,
    // Runs of repositories that GitHub does not know are looked at, and those are not found to be gone.
    localUser: null,
    catchUp: false,
  });
  const directory = join(root, 'bench');
  await mkdir(directory);
  const close = async () => {
    await stage.stop();
    await postgres.stop();
    await rm(root, { recursive: true, force: true });
  };
  return { stage, databaseUrl: postgres.url, directory, close };
}
