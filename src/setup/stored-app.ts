import type { Kysely } from 'kysely';
import type { Database } from '../db/schema.ts';
import { readSetting, writeSetting } from '../db/settings.ts';
import type { AppCredentials } from '../github/app-manifest.ts';
import { contexts } from '../secret/contexts.ts';
import { type MasterKey, open, seal } from '../secret/envelope.ts';

/** What set-up stored: the App, and the address it was made for. */
export interface StoredApp extends AppCredentials {
  publicUrl: string;
}

const key = 'github_app';
const context = contexts.setting(key);

export async function storeApp(db: Kysely<Database>, masterKey: MasterKey, app: StoredApp): Promise<void> {
  await writeSetting(db, key, seal(masterKey, Buffer.from(JSON.stringify(app)), context).toString('base64'));
}

/** Undefined before set-up. Throws `EnvelopeError` under another key than it was stored with. */
export async function readStoredApp(db: Kysely<Database>, masterKey: MasterKey): Promise<StoredApp | undefined> {
  const sealed = await readSetting(db, key);
  if (sealed === undefined) return undefined;
  return JSON.parse(open(masterKey, Buffer.from(sealed, 'base64'), context).toString()) as StoredApp;
}

/** As the environment would give it: what is set there wins. */
export function asVariables(app: StoredApp): Record<string, string> {
  return {
    PUBLIC_URL: app.publicUrl,
    APP_ID: String(app.appId),
    PRIVATE_KEY: app.privateKey,
    WEBHOOK_SECRET: app.webhookSecret,
    GITHUB_CLIENT_ID: app.clientId,
    GITHUB_CLIENT_SECRET: app.clientSecret,
  };
}
