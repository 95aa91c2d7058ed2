import { createApp, type Role } from './app.ts';
import { describeMissing } from './config/describe-missing.ts';
import { loadConfig } from './config.ts';
import { connect } from './db/connect.ts';
import { migrate } from './db/migrate.ts';
import { createLog } from './log.ts';
import { openStore } from './open-store.ts';

const modes = ['all', 'server', 'worker', 'migrate'] as const;

/** `main [all|server|worker|migrate]`: reads the configuration, opens the store, starts, and stops on a signal. */
async function main(): Promise<void> {
  const mode = modes.find((one) => one === (process.argv[2] ?? 'all'));
  if (!mode) return fail(`"${process.argv[2]}" is not one of ${modes.join(', ')}.`);
  const loaded = loadConfig(process.env);
  if (!loaded.ok) return fail(describeMissing(loaded));
  const { config } = loaded;
  const log = createLog(config.logLevel);
  const store = await openStore(config, log);
  if (mode === 'migrate') {
    const { db, pool } = connect(store.databaseUrl, log);
    log.info({ migrations: await migrate(db, pool) }, 'the database is up to date');
    await db.destroy();
    return store.stop();
  }
  const role: Role = mode;
  const app = await createApp({
    config: { ...config, databaseUrl: store.databaseUrl },
    masterKey: store.masterKey,
    role,
    log,
  });
  log.info({ url: config.publicUrl, port: config.port, role }, 'Zenfra is running');
  stopOnSignal(async () => {
    log.info('stopping: no new work is taken; engines that run are waited for');
    await app.stop();
    await store.stop();
  });
}

/** The second signal does not hurry us: an engine that applies must not be cut off. SIGKILL is there for who insists. */
function stopOnSignal(stop: () => Promise<void>): void {
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      stop().then(
        () => process.exit(0),
        (error: unknown) => fail(String(error)),
      );
    });
  }
}

function fail(text: string): void {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

main().catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)));
