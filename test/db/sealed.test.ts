import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { openContents } from '../../src/bundle/store.ts';
import { findNewestBundleVersion } from '../../src/db/bundles.ts';
import { checkKey, countSealed, resealSome } from '../../src/db/sealed.ts';
import { issueStateCredential, listStackTokens } from '../../src/db/state-credentials.ts';
import { generateMasterKey, keyIdOf, open, parseMasterKey, seal } from '../../src/secret/envelope.ts';
import { readStoredApp, storeApp } from '../../src/setup/stored-app.ts';
import { masterKey as former, type Seeded, seedBundle, seedRun, seedStack, seedVersion } from '../pages/seed.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/patience.ts';
import { makeZenfraProcess } from '../support/zenfra-process.ts';

let base: TestDatabase;
let stack: Seeded;
const text = generateMasterKey();
const sessionId = 'a'.repeat(64);
const current = parseMasterKey(text, [former]);
const alone = parseMasterKey(text);
const ids = { run: '', version: '', bundle: '', token: '' };
const state = '{"version":4,"serial":7,"lineage":"l","outputs":{}}\n';

before(async () => {
  base = await createTestDatabase();
  stack = await seedStack(base.db);
  ids.run = await seedRun(stack);
  ids.version = await seedVersion(stack, { text: state });
  await seedVersion(stack, { text: state, rejected: 'x' });
  ids.bundle = await seedBundle(stack, 'aws');
  const of = { runId: ids.run, stackId: stack.stackId, access: 'read' as const, masterKey: former };
  ids.token = (await base.db.transaction().execute((trx) => issueStateCredential(trx, of))).password;
  await base.db
    .insertInto('sessions')
    .values({
      ...{ id: sessionId, login: 'kim', github_id: 1, expires_at: new Date(Date.now() + 1e6) },
      github_token: seal(former, Buffer.from('gho_x'), `sessions/${sessionId}/github_token`),
    })
    .execute();
});
after(() => base.drop());

const app = {
  appId: 1,
  name: 'z',
  privateKey: 'pem',
  webhookSecret: 'w',
  clientId: 'c',
  clientSecret: 's',
  publicUrl: 'u',
};

test('the first start notes its key, and a start with another one is refused with a sentence that names both', async () => {
  await assert.rejects(checkKey(base.db, alone), {
    name: 'EnvelopeError',
    message: `This database holds what was sealed with the key ${former.id}, and ZENFRA_SECRET_KEY is ${alone.id}. Give back the key it was made with.`,
  });
  await checkKey(base.db, former);
  await storeApp(base.db, former, app as never);
  await checkKey(base.db, former);
  await assert.rejects(checkKey(base.db, alone), /settings\/key_check was sealed with the key/);
  await checkKey(base.db, current);
});

test('with the former key given, everything is sealed anew, opens with the new key alone, and is the same', async () => {
  assert.deepEqual([...(await countSealed(base.db))], [[former.id, 5]]);
  let some = 1;
  for (; some > 0; ) some = await resealSome(base.db, current, 1);
  assert.deepEqual([...(await countSealed(base.db))], [[alone.id, 5]]);
  await checkKey(base.db, alone);
  const row = await base.db.selectFrom('state_versions').select('bytes').executeTakeFirstOrThrow();
  assert.equal(open(alone, row.bytes, `state_versions/${ids.version}`).toString(), state);
  assert.deepEqual(await readStoredApp(base.db, alone), app);
  assert.deepEqual(await listStackTokens(base.db, alone, { stack_id: stack.stackId, number: 1_000_000 }), [ids.token]);
  const version = await findNewestBundleVersion(base.db, ids.bundle);
  assert.equal((await openContents(base.db, alone, version?.id ?? '')).variables.length, 2);
  const session = await base.db.selectFrom('sessions').select('github_token').executeTakeFirstOrThrow();
  assert.equal(keyIdOf(session.github_token), alone.id);
});

test('every column of sealed bytes is one that is sealed anew', async () => {
  const { rows } = await sql<{ name: string }>`
    select table_name || '.' || column_name as name from information_schema.columns
    where table_schema = 'public' and data_type = 'bytea' order by 1`.execute(base.db);
  const inClear = ['deliveries.payload', 'log_chunks.bytes', 'state_locks.info'];
  const sealed = [
    ...['bundle_versions.contents', 'plans.file', 'plans.json', 'plans.lock_file', 'rejected_states.bytes'],
    ...['sessions.github_token', 'state_credentials.token', 'state_versions.bytes'],
  ];
  assert.deepEqual(
    rows.map(({ name }) => name),
    [...inClear, ...sealed].sort(),
  );
});

test('a state can be had out of a database, and out of a dump, with the key alone', async () => {
  const { APP_ID, PRIVATE_KEY, WEBHOOK_SECRET, ...env } = process.env;
  const run = (args: string[], input = '', key = text) => {
    const child = promisify(execFile)(process.execPath, ['--import', 'tsx', 'src/decrypt.ts', ...args], {
      env: { ...env, DATABASE_URL: base.url, ZENFRA_SECRET_KEY: key },
    });
    child.child.stdin?.end(input);
    return child;
  };
  const row = await base.db.selectFrom('state_versions').select('bytes').executeTakeFirstOrThrow();
  const place = `state_versions/${ids.version}`;
  const [byName, ofDump, wrongKey] = await Promise.allSettled([
    run(['state', 'acme/infra', 'network-prod', '7']),
    run(['sealed', place], `\\x${row.bytes.toString('hex')}\n`),
    run(['sealed', place], row.bytes.toString('base64'), generateMasterKey()),
  ]);
  assert.equal(byName.status === 'fulfilled' ? byName.value.stdout : String(byName.reason), state);
  assert.equal(ofDump.status === 'fulfilled' ? ofDump.value.stdout : String(ofDump.reason), state);
  assert.ok(wrongKey.status === 'rejected');
  assert.match(String(wrongKey.reason.stderr), /was sealed with the key .* and ZENFRA_SECRET_KEY is/);
});

test('where there is neither key nor database, none is made: who looks for lost ones must not find empty ones', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'zenfra-decrypt-'));
  const env = { ...process.env, ZENFRA_DATA_DIR: directory, DATABASE_URL: '', ZENFRA_SECRET_KEY: '' };
  const said = async (args: string[], key = {}) => {
    const child = promisify(execFile)(process.execPath, ['--import', 'tsx', 'src/decrypt.ts', ...args], {
      env: { ...env, ...key },
    });
    child.child.stdin?.end('x');
    return child.then(String, (error: { stderr: string }) => error.stderr);
  };
  assert.match(await said(['sealed', 'plans/x/file']), /ZENFRA_SECRET_KEY is not set, and .* holds no secret-key\./);
  const noDatabase = await said(['state', 'acme/infra', 'app'], { ZENFRA_SECRET_KEY: text });
  assert.match(noDatabase, /DATABASE_URL is not set, and .* holds no database\./);
  assert.deepEqual(await readdir(directory), []);
  await rm(directory, { recursive: true });
});

test('a server with another key ends with the sentence, and with the former one given it seals anew by itself', async (t) => {
  const next = generateMasterKey();
  const { id } = parseMasterKey(next);
  const server = await makeZenfraProcess(t, base.url, { ZENFRA_SECRET_KEY: next });
  const notSetUp = await server.beside({ APP_ID: '', PRIVATE_KEY: '', WEBHOOK_SECRET: '' });
  const sentence = `settings/key_check was sealed with the key ${alone.id}, and ZENFRA_SECRET_KEY is ${id}.`;
  for (const one of [server, notSetUp]) {
    await assert.rejects(one.start({ role: 'server', path: '/livez' }), /Zenfra ended with 1/);
    await eventually('the sentence', () => one.output().includes(sentence) || undefined);
  }
  await server.start({ role: 'server', environment: { ZENFRA_SECRET_KEYS_FORMER: text } });
  await eventually('nothing to be sealed with the former key', async () => {
    const sealed = [...(await countSealed(base.db))];
    return sealed.every(([key]) => key === id) || undefined;
  });
});
