import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { type Config, loadConfig } from './config.ts';
import { connect } from './db/connect.ts';
import type { Database } from './db/schema.ts';
import { readVersionBytes } from './db/state-versions.ts';
import { createLog } from './log.ts';
import { openStore } from './open-store.ts';
import { contexts } from './secret/contexts.ts';
import { type MasterKey, open, parseMasterKey } from './secret/envelope.ts';
import { keepKey } from './secret/keep-key.ts';

const usage = `Writes to standard output what Zenfra keeps sealed, for a day on which Zenfra itself is of no use.

  npm run -s decrypt -- state OWNER/REPOSITORY STACK [SERIAL] > terraform.tfstate
      The newest state of a stack, or the one with that serial, from DATABASE_URL
      (or the embedded database in ZENFRA_DATA_DIR).

  npm run -s decrypt -- sealed PLACE < FILE
      One sealed value out of a dump: as bytes, as PostgreSQL writes it (\\x01…), or
      in base64. PLACE is what it is bound to: state_versions/ID, rejected_states/ID,
      bundle_versions/ID, plans/ID/file, settings/github_app.

The key is ZENFRA_SECRET_KEY, or the embedded database's in ZENFRA_DATA_DIR; former
keys are ZENFRA_SECRET_KEYS_FORMER. A key is never an argument.
`;

/** Needs neither GitHub nor the App's settings: the key and the bytes are enough. */
async function main([what, ...rest]: string[]): Promise<Buffer> {
  const config = readConfig();
  const [first = '', second = '', serial] = rest;
  const sealed = what === 'sealed' && first !== '';
  if (!sealed && (what !== 'state' || !first.includes('/') || second === '')) throw new Error(usage);
  refuseToMake(config, { database: !sealed });
  if (sealed) return openSealed(await readInput(), first, config);
  const log = createLog('fatal', process.stderr);
  const store = await openStore(config, log);
  const { db } = connect(store.databaseUrl, log);
  try {
    return await openState(db, store.masterKey, { repository: first, stack: second, serial });
  } finally {
    await db.destroy();
    await store.stop();
  }
}

/** Without the App's settings, which are asked for again where they stand in the way. */
function readConfig(): Config {
  const { APP_ID, PRIVATE_KEY, WEBHOOK_SECRET, ...variables } = process.env;
  const loaded = loadConfig({ PUBLIC_URL: 'http://localhost', ...variables });
  const config = loaded.ok ? loaded.config : loaded.setUp;
  if (config === null) throw new Error(loaded.ok ? '' : loaded.problems.join('\n'));
  return config;
}

/** What a start makes where it is not there yet is of no use here, and would be in the way of what is restored. */
function refuseToMake({ secretKey, databaseUrl, dataDirectory }: Config, needs: { database: boolean }): void {
  const has = (name: string) => existsSync(join(dataDirectory, name));
  if (secretKey === null && !has('secret-key'))
    throw new Error(
      `ZENFRA_SECRET_KEY is not set, and ${dataDirectory} holds no secret-key. Set it, or ZENFRA_DATA_DIR.`,
    );
  if (needs.database && databaseUrl === null && !has('postgres'))
    throw new Error(`DATABASE_URL is not set, and ${dataDirectory} holds no database. Set it, or ZENFRA_DATA_DIR.`);
}

async function openSealed(given: Buffer, place: string, config: Config): Promise<Buffer> {
  const former = config.formerSecretKeys.map((key) => parseMasterKey(key.toString('base64')));
  const key = config.secretKey
    ? parseMasterKey(config.secretKey.toString('base64'), former)
    : await keepKey(config.dataDirectory, former);
  return open(key, bytesOf(given), place);
}

/** As they are, as PostgreSQL writes them, or in base64. */
function bytesOf(given: Buffer): Buffer {
  if (given[0] === 1) return given;
  const text = given.toString('latin1').trim();
  const [, hex] = /^\\{1,2}x([0-9a-f]+)$/i.exec(text) ?? [];
  return hex === undefined ? Buffer.from(text, 'base64') : Buffer.from(hex, 'hex');
}

async function readInput(): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

async function openState(
  db: Kysely<Database>,
  key: MasterKey,
  wanted: { repository: string; stack: string; serial: string | undefined },
): Promise<Buffer> {
  const { repository, stack, serial } = wanted;
  const [owner = '', name = ''] = repository.split('/');
  const row = await db
    .selectFrom('state_versions')
    .innerJoin('stacks', 'stacks.id', 'state_versions.stack_id')
    .innerJoin('repositories', 'repositories.id', 'stacks.repository_id')
    .select('state_versions.id')
    .where('stacks.name', '=', stack)
    .where('repositories.owner', '=', owner)
    .where('repositories.name', '=', name)
    .$if(serial !== undefined, (query) => query.where('state_versions.serial', '=', serial ?? ''))
    .orderBy('state_versions.serial', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!row) throw new Error(`There is no state of ${stack} in ${repository}${serial ? ` with serial ${serial}` : ''}.`);
  return open(key, await readVersionBytes(db, row.id), contexts.stateVersion(row.id));
}

main(process.argv.slice(2)).then(
  (clear) => process.stdout.write(clear),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
