import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { Logger } from 'pino';
import { startEmbeddedPostgres } from '../db/embedded.ts';

export interface DemoGround {
  databaseUrl: string;
  /** An empty directory. */
  directory: string;
  stop(): Promise<void>;
}

const database = 'demo';
/** PostgreSQL advisory lock of the demo that uses this data. */
const demoLock = 0x64656d6f;

/** A new database and an empty directory for each demo, so that every one begins alike. */
export async function clearGround(directory: string, log: Logger): Promise<DemoGround> {
  const postgres = await startEmbeddedPostgres({ dataDir: directory, log });
  const client = await connectTo(postgres.url, 'postgres');
  try {
    const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [demoLock]);
    if (!rows[0]?.mine) {
      throw new Error(
        `Another demo runs on ${directory}. Stop it first, or set ZENFRA_DATA_DIR to another directory for this one.`,
      );
    }
    await client.query(`drop database if exists ${database} with (force)`);
    await client.query(`create database ${database}`);
    const stage = join(directory, 'stage');
    await rm(stage, { recursive: true, force: true });
    // To be passed through by the users that runs have, not looked into.
    await mkdir(stage, { recursive: true, mode: 0o711 });
    const url = new URL(postgres.url);
    url.pathname = `/${database}`;
    const stop = async () => {
      await client.end();
      await postgres.stop();
    };
    return { databaseUrl: url.href, directory: stage, stop };
  } catch (error) {
    await client.end();
    await postgres.stop();
    throw error;
  }
}

async function connectTo(server: string, name: string): Promise<pg.Client> {
  const url = new URL(server);
  url.pathname = `/${name}`;
  const client = new pg.Client({ connectionString: url.href });
  client.on('error', () => {});
  await client.connect();
  return client;
}
