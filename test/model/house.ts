import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeWorkerUtils, type WorkerUtils } from 'graphile-worker';
import { Hono } from 'hono';
import { pino } from 'pino';
import { createGitHubApp } from '../../src/github/app.ts';
import { GitHub } from '../../src/github/github.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/github.ts';
import type { Delivery } from '../../src/sandbox/webhooks.ts';
import { generateMasterKey, parseMasterKey } from '../../src/secret/envelope.ts';
import { stateRoutes } from '../../src/state/routes.ts';
import type { WebhookDeps } from '../../src/webhooks/deps.ts';
import { handleDelivery } from '../../src/webhooks/handle-delivery.ts';
import { webhookPath, webhookRoutes } from '../../src/webhooks/receive.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { headersFor } from '../webhooks/door.ts';
import type { Common } from './model-worker.ts';

/** What all plays share: a database, a GitHub, and our own doors for webhooks and states, which nobody wakes by himself. */
export interface House {
  database: TestDatabase;
  sandbox: Sandbox;
  webhooks: WebhookDeps;
  jobs: WorkerUtils;
  routes: Hono;
  common: Common;
  /** Brings a webhook, as often and as late as one likes. */
  deliver(delivery: Delivery): Promise<void>;
}

const webhookSecret = 'a secret of the tests';
/** Webhooks are brought by hand: where GitHub sends them nobody answers. */
const nowhere = 'http://127.0.0.1:9';

export async function openHouse(t: { after(end: () => Promise<void>): void }): Promise<House> {
  const database = await createTestDatabase();
  const { db } = database;
  const directory = await mkdtemp(join(tmpdir(), 'zenfra-model-'));
  const keys = { type: 'spki', format: 'pem' } as const;
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: keys,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const sandbox = await startSandbox({
    directory,
    app: { id: 7, slug: 'zenfra', publicKey, webhookUrl: nowhere, webhookSecret },
  });
  const log = pino({ level: 'silent' });
  const app = createGitHubApp({ appId: 7, privateKey, webhookSecret, apiUrl: sandbox.apiUrl }, log);
  const github = new GitHub(app, []);
  const masterKey = parseMasterKey(generateMasterKey());
  const jobs = await makeWorkerUtils({ pgPool: database.pool });
  const webhooks: WebhookDeps = { db, github, log, appId: 7, publicUrl: nowhere };
  const routes = new Hono();
  routes.route(webhookPath, webhookRoutes({ db, github, log }));
  routes.route('/state', stateRoutes({ db, masterKey, log }));
  t.after(async () => {
    await jobs.release();
    await sandbox.stop();
    await database.drop();
    await rm(directory, { recursive: true, force: true });
  });
  const deliver = async ({ event, payload, guid }: Delivery) => {
    const body = JSON.stringify(payload);
    const headers = headersFor(event, body, { 'x-github-delivery': guid }, webhookSecret);
    const answer = await routes.request(webhookPath, { method: 'POST', headers, body });
    if (answer.status !== 202) throw new Error(`A webhook was answered ${answer.status}: ${await answer.text()}`);
    await handleDelivery(webhooks, { deliveryId: guid });
  };
  const common = { databaseUrl: database.url, db, github, masterKey, internalUrl: nowhere, appId: 1, log };
  return { database, sandbox, webhooks, jobs, routes, common, deliver };
}
