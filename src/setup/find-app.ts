import type { Logger } from 'pino';
import { connect } from '../db/connect.ts';
import { migrate } from '../db/migrate.ts';
import { checkKey } from '../db/sealed.ts';
import type { MasterKey } from '../secret/envelope.ts';
import { setUp } from './set-up.ts';
import { readStoredApp, type StoredApp } from './stored-app.ts';

interface FindOptions {
  databaseUrl: string;
  masterKey: MasterKey;
  log: Logger;
  port: number;
  publicUrl: string | null;
  github: { apiUrl: string; serverUrl: string };
  /** False in a process that only works: it has no page to set up on. */
  serves: boolean;
  announce(link: string): void;
  signal: AbortSignal;
}

/** The App that an earlier set-up stored, or the one that is made now on the set-up page. */
export async function findApp(options: FindOptions): Promise<StoredApp | undefined> {
  const { db, pool } = connect(options.databaseUrl, options.log);
  try {
    await migrate(db, pool);
    await checkKey(db, options.masterKey);
    const stored = await readStoredApp(db, options.masterKey);
    if (stored || !options.serves) return stored;
    return await setUp({ ...options, db });
  } finally {
    await db.destroy();
  }
}
