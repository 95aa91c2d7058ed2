import type { Logger } from 'pino';
import { createApp, type Role } from './app.ts';
import { describeMissing, describeSetUp, notSetUp } from './config/describe-missing.ts';
import { completeBy } from './config/environment.ts';
import { refuseNode } from './config/node-version.ts';
import { type Config, loadConfig } from './config.ts';
import { connect } from './db/connect.ts';
import { migrate } from './db/migrate.ts';
import { armFailpoints } from './failpoint.ts';
import { createLog } from './log.ts';
import { openStore, type Store } from './open-store.ts';
import { findApp } from './setup/find-app.ts';
import { asVariables } from './setup/stored-app.ts';

const modes = ['all', 'server', 'worker', 'migrate'] as const;

/** `main [all|server|worker|migrate]`: reads the configuration, opens the store, starts, and stops on a signal. */
async function main(): Promise<void> {
  const mode = modes.find((one) => one === (process.argv[2] ?? 'all'));
  if (!mode) return fail(`"${process.argv[2]}" is not one of ${modes.join(', ')}.`);
  const refused = refuseNode(process.versions.node);
  if (refused !== null) return fail(refused);
  const loaded = loadConfig(process.env);
  const first = loaded.ok ? loaded.config : loaded.setUp;
  if (first === null) return fail(describeMissing(loaded.ok ? [] : loaded.problems));
  const log = createLog(first.logLevel);
  const stopping = stopSignal();
  const store = await openStore(first, log);
  if (mode === 'migrate') {
    await bringUpToDate(store, log);
    return store.stop();
  }
  const config = loaded.ok ? loaded.config : await connectedConfig(first, { store, log, role: mode, stopping });
  if (config && !stopping.aborted) await run(config, { store, log, role: mode, stopping });
  await store.stop();
  process.exit(config || stopping.aborted ? 0 : 1);
}

interface Started {
  store: Store;
  log: Logger;
  role: Role;
  /** Aborted by a signal. */
  stopping: AbortSignal;
}

async function run(config: Config, { store, log, role, stopping }: Started): Promise<void> {
  armFailpoints(config.failpoints);
  const { databaseUrl, masterKey } = store;
  const app = await createApp({ config: { ...config, databaseUrl }, masterKey, role, log });
  log.info({ url: config.publicUrl, port: config.port, role }, 'Zenfra is running');
  if (!stopping.aborted) await new Promise((resolve) => stopping.addEventListener('abort', resolve));
  log.info('stopping: no new work is taken; engines that run are waited for');
  await app.stop();
}

/** The configuration with the App that set-up stored, now or earlier. Undefined where there is none. */
async function connectedConfig(first: Config, { store, log, role, stopping }: Started): Promise<Config | undefined> {
  const announce = (link: string) => process.stdout.write(describeSetUp(link));
  const publicUrl = first.publicUrl === '' ? null : first.publicUrl;
  const app = await findApp({
    ...first,
    ...store,
    log,
    publicUrl,
    serves: role !== 'worker',
    announce,
    signal: stopping,
  });
  if (!app) {
    if (!stopping.aborted) process.stderr.write(notSetUp);
    return undefined;
  }
  const loaded = loadConfig(completeBy(process.env, asVariables(app)));
  if (loaded.ok) return loaded.config;
  process.stderr.write(describeMissing(loaded.problems));
  return undefined;
}

async function bringUpToDate(store: Store, log: Logger): Promise<void> {
  const { db, pool } = connect(store.databaseUrl, log);
  log.info({ migrations: await migrate(db, pool) }, 'the database is up to date');
  await db.destroy();
}

/**
 * The second signal does not hurry us: an engine that applies must not be cut off, nor when its terminal is closed
 * (SIGHUP). SIGKILL is there for who insists.
 */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => controller.abort());
  return controller.signal;
}

function fail(text: string): void {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

main().catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)));
