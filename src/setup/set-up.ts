import { randomBytes } from 'node:crypto';
import { serve } from '@hono/node-server';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../db/schema.ts';
import { convertManifest, manifestFor } from '../github/app-manifest.ts';
import { setUpRoutes } from '../pages/setup.ts';
import type { MasterKey } from '../secret/envelope.ts';
import { listenError } from './listen-error.ts';
import { type StoredApp, storeApp } from './stored-app.ts';

interface SetUpOptions {
  db: Kysely<Database>;
  masterKey: MasterKey;
  log: Logger;
  port: number;
  /** Null: not said; the set-up page asks. */
  publicUrl: string | null;
  github: { apiUrl: string; serverUrl: string };
  /** Given the link with its token, once the page can be opened. */
  announce(link: string): void;
  /** Ends the wait. */
  signal: AbortSignal;
}

/** Serves the set-up page until the App is made; returns what was stored, or undefined if `signal` ended the wait. */
export async function setUp(options: SetUpOptions): Promise<StoredApp | undefined> {
  // While the database was brought up to date, perhaps: whoever listens now is not told any more.
  if (options.signal.aborted) return undefined;
  const { db, masterKey, log, github, publicUrl } = options;
  const done = Promise.withResolvers<StoredApp | undefined>();
  const token = randomBytes(24).toString('base64url');
  const routes = setUpRoutes({
    log,
    token,
    githubServerUrl: github.serverUrl,
    publicUrl,
    manifest: manifestFor,
    create: async (code, address) => {
      const credentials = await convertManifest(github.apiUrl, code);
      if (!credentials) return undefined;
      const app = { ...credentials, publicUrl: address };
      await storeApp(db, masterKey, app);
      log.info({ app: app.name, appId: app.appId }, 'the GitHub App was made and its keys are stored');
      // After the answer has been sent: this server makes way for the real one.
      setTimeout(() => done.resolve(app), 100);
      return app;
    },
  });
  const server = serve({ fetch: routes.fetch, port: options.port }, () =>
    options.announce(`${publicUrl ?? `http://localhost:${options.port}`}/setup?token=${token}`),
  );
  server.on('error', (error) => done.reject(listenError(error, options.port)));
  options.signal.addEventListener('abort', () => done.resolve(undefined), { once: true });
  try {
    return await done.promise;
  } finally {
    await new Promise<void>((closed) => {
      server.close(() => closed());
      if ('closeAllConnections' in server) server.closeAllConnections();
    });
  }
}
