import { randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import pg from 'pg';
import pino from 'pino';
import { connect } from '../../src/db/connect.ts';
import type { Database } from '../../src/db/schema.ts';
import { startTestCluster, type TestCluster } from './test-cluster.ts';

export interface TestDatabase {
  url: string;
  db: Kysely<Database>;
  pool: pg.Pool;
  /** Closes the pool and removes the database, whoever is still connected. */
  drop(): Promise<void>;
}

/** A migrated, empty database of one's own on the run's real PostgreSQL (about 30 ms). */
export async function createTestDatabase(): Promise<TestDatabase> {
  const templateUrl = process.env.ZENFRA_TEST_TEMPLATE_URL ?? (await ownCluster()).templateUrl;
  const template = new URL(templateUrl);
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(template, `create database ${name} template ${template.pathname.slice(1)}`);
  const url = new URL(templateUrl);
  url.pathname = `/${name}`;
  const { db, pool } = connect(url.href, pino({ level: 'silent' }));
  const drop = async () => {
    await db.destroy();
    await administer(template, `drop database if exists ${name} with (force)`);
  };
  return { url: url.href, db, pool, drop };
}

let own: Promise<TestCluster> | undefined;

/** For a test file that is run by itself, without the global setup. It goes with the process: a hook would run before the file's own. */
function ownCluster(): Promise<TestCluster> {
  own ??= startTestCluster().then((cluster) => {
    process.once('exit', cluster.abandon);
    return cluster;
  });
  return own;
}

async function administer(template: URL, statement: string): Promise<void> {
  const url = new URL(template);
  url.pathname = '/postgres';
  const client = new pg.Client({ connectionString: url.href });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
