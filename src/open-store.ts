import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { startEmbeddedPostgres } from './db/embedded.ts';
import { type MasterKey, parseMasterKey } from './secret/envelope.ts';
import { keepKey } from './secret/keep-key.ts';

export interface Store {
  databaseUrl: string;
  masterKey: MasterKey;
  stop(): Promise<void>;
}

/** The database and the key to what is sealed in it: those of the configuration, or the embedded ones. */
export async function openStore(config: Config, log: Logger): Promise<Store> {
  const former = config.formerSecretKeys.map((key) => parseMasterKey(key.toString('base64')));
  const given = config.secretKey && parseMasterKey(config.secretKey.toString('base64'), former);
  if (config.databaseUrl !== null) {
    if (!given) throw new Error('ZENFRA_SECRET_KEY is missing; a database of your own needs it.');
    return { databaseUrl: config.databaseUrl, masterKey: given, stop: async () => undefined };
  }
  const postgres = await startEmbeddedPostgres({ dataDir: config.dataDirectory, log });
  return {
    databaseUrl: postgres.url,
    masterKey: given ?? (await keepKey(config.dataDirectory, former)),
    stop: () => postgres.stop(),
  };
}
