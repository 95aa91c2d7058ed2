import { generateKeyPairSync } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type App, createApp, type Role } from '../app.ts';
import type { Config, LogLevel } from '../config.ts';
import { freePort } from '../db/embedded/server.ts';
import { pickInherited } from '../execution/inherited-environment.ts';
import { createLog } from '../log.ts';
import { generateMasterKey, type MasterKey, parseMasterKey } from '../secret/envelope.ts';
import { type Sandbox, startSandbox } from './github.ts';

export interface StageOptions {
  databaseUrl: string;
  /** Repositories and work directories are below it. */
  directory: string;
  /** Default: free ones. */
  ports?: { zenfra?: number; github?: number };
  slots?: number;
  /** The login that whoever has not signed in acts for; null lets them look; without it the pages ask to sign in. */
  localUser?: string | null;
  logLevel?: LogLevel;
  environment?: Record<string, string | undefined>;
  /** Whether to look for webhooks that never came; default yes. */
  catchUp?: boolean;
  /** Default: only what is on the PATH. */
  engines?: Config['engines'];
  /** Default: none, so that what a run does can be watched from outside. */
  isolation?: Config['isolation'];
}

/** Zenfra and a sandbox GitHub that know each other, as the demo and the scenario tests use them. */
export interface Stage {
  sandbox: Sandbox;
  app: App;
  url: string;
  webhookSecret: string;
  clientSecret: string;
  /** The App's, PEM. */
  privateKey: string;
  /** Opens what is sealed in the database. */
  masterKey: MasterKey;
  /** Starts one more process's worth of Zenfra on the same database. */
  join(role: Role): Promise<App>;
  stop(): Promise<void>;
}

const appId = 4711;
const webhookSecret = 'the sandbox’s webhook secret';
const oauth = { clientId: 'Iv1.sandbox', clientSecret: 'the sandbox’s client secret' };

const openToAll: Config['isolation'] = {
  kind: 'none',
  readable: [],
  writable: [],
  limits: { memoryMb: 0, processes: 0 },
};

export async function openStage(options: StageOptions): Promise<Stage> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const port = options.ports?.zenfra ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  await mkdir(options.directory, { recursive: true });
  const sandbox = await startSandbox({
    directory: join(options.directory, 'github'),
    port: options.ports?.github ?? 0,
    app: { id: appId, slug: 'zenfra', publicKey, webhookUrl: `${url}/api/github/webhooks`, webhookSecret, ...oauth },
  });
  const config = {
    databaseUrl: options.databaseUrl,
    publicUrl: url,
    internalUrl: url,
    port,
    github: { appId, privateKey, webhookSecret, apiUrl: sandbox.apiUrl, serverUrl: sandbox.url, oauth },
    secretKey: null,
    formerSecretKeys: [],
    dataDirectory: options.directory,
    workDirectory: join(options.directory, 'work'),
    workerSlots: options.slots ?? 2,
    logLevel: 'info' as const,
    failpoints: [],
    isolation: options.isolation ?? openToAll,
    engines: options.engines ?? {
      directory: join(options.directory, 'engines'),
      mirrors: { terraform: null, tofu: null },
      keys: null,
    },
    engineEnvironment: pickInherited(options.environment ?? process.env),
  };
  const masterKey = parseMasterKey(generateMasterKey());
  const log = createLog(options.logLevel ?? 'warn', process.stderr);
  const start = (role: Role) =>
    createApp({
      config,
      masterKey,
      role,
      log,
      // Its pages may act for somebody who has not signed in.
      host: '127.0.0.1',
      // A story does in a minute what takes people a day.
      contentLimits: [],
      catchUp: options.catchUp ?? true,
      ...(options.localUser === undefined ? {} : { localUser: options.localUser }),
    });
  const app = await start('all');
  const joined: App[] = [];
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    for (const one of [...joined, app]) await one.stop();
    await sandbox.stop();
  };
  return {
    sandbox,
    app,
    url,
    webhookSecret,
    clientSecret: oauth.clientSecret,
    privateKey,
    masterKey,
    join: async (role) => {
      const one = await start(role);
      joined.push(one);
      return one;
    },
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}
