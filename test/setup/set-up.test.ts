import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import pino from 'pino';
import { parse } from 'yaml';
import { appEvents, appPermissions, manifestFor } from '../../src/github/app-manifest.ts';
import { setUpRoutes } from '../../src/pages/setup.ts';
import { until } from '../../src/sandbox/story/until.ts';
import { parseMasterKey } from '../../src/secret/envelope.ts';
import { setUp } from '../../src/setup/set-up.ts';
import { createTestDatabase } from '../support/database.ts';
import { openBrowser } from '../support/open-browser.ts';
import { makeZenfraProcess } from '../support/zenfra-process.ts';

const database = await createTestDatabase();
after(() => database.drop());
// As a file of variables has those that nobody has filled in.
const unset = { APP_ID: '', PRIVATE_KEY: ' ', WEBHOOK_SECRET: '', GITHUB_CLIENT_ID: '', GITHUB_CLIENT_SECRET: '' };
const zenfra = await makeZenfraProcess({ after }, database.url, unset);
const { signal } = new AbortController();

test('app.yml and the manifest ask GitHub for the same', () => {
  const file = parse(readFileSync(join(import.meta.dirname, '../../app.yml'), 'utf8'));
  assert.deepEqual(file.default_permissions, appPermissions);
  assert.deepEqual(file.default_events, appEvents);
  const made = manifestFor({ name: 'Zenfra', publicUrl: 'https://zenfra.example.com' });
  assert.deepEqual(
    [file.hook_attributes.url, file.callback_urls, file.public, file.description],
    [made.hook_attributes.url, made.callback_urls, made.public, made.description],
  );
});

test('a signal that comes before there is a page ends the set-up too', async () => {
  const { url, environment } = zenfra;
  const served = Promise.withResolvers<string>();
  const ended = setUp({
    db: database.db,
    masterKey: parseMasterKey(environment.ZENFRA_SECRET_KEY ?? ''),
    log: pino({ level: 'silent' }),
    port: 0,
    publicUrl: null,
    github: { apiUrl: url, serverUrl: url },
    announce: served.resolve,
    signal: AbortSignal.abort(),
  });
  assert.equal(await Promise.race([ended, served.promise]), undefined);
});

test('a port that is taken ends the set-up with a sentence', async () => {
  const other = createServer().listen(0);
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const { url, environment } = zenfra;
  const ended = setUp({
    db: database.db,
    masterKey: parseMasterKey(environment.ZENFRA_SECRET_KEY ?? ''),
    log: pino({ level: 'silent' }),
    port,
    publicUrl: null,
    github: { apiUrl: url, serverUrl: url },
    announce: () => assert.fail('there is no page'),
    signal,
  });
  await assert.rejects(ended, { message: `Port ${port} is in use. Stop what uses it, or set PORT to another one.` });
  other.close();
});

test('an address that GitHub cannot reach is doubted, unless GitHub is on this machine too', async () => {
  const confirm = async (publicUrl: string, githubServerUrl: string) => {
    const deps = { token: 'a token', githubServerUrl, publicUrl: null, manifest: manifestFor };
    const app = setUpRoutes({ ...deps, log: pino({ level: 'silent' }), create: async () => undefined });
    const query = new URLSearchParams({ public_url: publicUrl, next: '1' });
    const page = await app.request(`/setup?${query}`, { headers: { Cookie: 'zenfra_setup=a token' } });
    assert.equal(page.status, 200);
    return page.text();
  };
  const doubt = /localhost:3100 is an address of this machine alone: GitHub cannot reach it/;
  assert.match(await confirm('http://localhost:3100', 'https://github.com'), doubt);
  for (const [publicUrl, github] of [
    ['https://zenfra.example.com', 'https://github.com'],
    ['http://localhost:3100', zenfra.sandbox.url],
  ] as const) {
    const html = await confirm(publicUrl, github);
    assert.match(html, /Create the App on GitHub/);
    assert.doesNotMatch(html, /of this machine alone/);
  }
});

test('the form begins with the address that the browser has, also where a proxy ends TLS', async () => {
  const deps = { token: 'a token', githubServerUrl: 'https://github.com', publicUrl: null, manifest: manifestFor };
  const app = setUpRoutes({ ...deps, log: pino({ level: 'silent' }), create: async () => undefined });
  const offered = async (url: string, headers = {}) => {
    const page = await app.request(url, { headers: { Cookie: 'zenfra_setup=a token', ...headers } });
    return /name="public_url"[^>]* value="([^"]*)"/.exec(await page.text())?.[1];
  };
  assert.equal(await offered('http://localhost:3100/setup'), 'http://localhost:3100');
  const outside = 'https://zenfra.example.com';
  assert.equal(await offered('http://zenfra.example.com/setup', { 'X-Forwarded-Proto': 'https' }), outside);
  const both = { 'X-Forwarded-Proto': 'https, http', 'X-Forwarded-Host': 'zenfra.example.com' };
  assert.equal(await offered('http://127.0.0.1:3000/setup', both), outside);
});

test('before it is connected a server keeps everybody out who lacks the token it printed', async () => {
  await zenfra.startUnready();
  for (const [path, status] of [
    ['/', 503],
    ['/readyz', 503],
    ['/setup', 403],
    ['/setup?token=', 403],
    ['/setup?token=x', 403],
    ['/setup/created?code=x', 403],
    ['/setup/created?code=x&state=y', 403],
    ['/stacks/x', 503],
  ] as const)
    assert.equal((await fetch(zenfra.url + path, { redirect: 'manual' })).status, status, path);
  const webhook = await fetch(`${zenfra.url}/api/github/webhooks`, { method: 'POST', body: '{}' });
  assert.equal(webhook.status, 503);
  assert.deepEqual(zenfra.sandbox.calls, [], 'a code that comes without the state of this set-up is not redeemed');
});

test('the link on the screen leads through GitHub to a connected Zenfra, without a restart', async () => {
  const link = await until(signal, {
    expected: 'the link of the set-up',
    look: () => /http\S+\/setup\?token=\S+/.exec(zenfra.output())?.[0],
    seen: () => zenfra.output(),
  });
  const { browser, close } = await openBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(link);
    assert.equal(page.url(), `${zenfra.url}/setup`);
    // Another host than the link's: GitHub leads back to where its cookies are not sent.
    await page.fill('[name=public_url]', zenfra.url.replace('127.0.0.1', 'localhost'));
    await page.fill('[name=name]', 'Our Zenfra');
    await page.click('text=Continue');
    await page.click('text=Create the App on GitHub');
    zenfra.sandbox.faults.onCall({ when: ({ path }) => path.startsWith('/app-manifests/'), status: 502 });
    await page.click('text=Create GitHub App');
    await page.waitForURL('**/setup/created?**');
    const code = new URL(page.url()).searchParams.get('code');
    await page.reload();
    await page.waitForSelector('text=Our Zenfra is connected');
    assert.ok(code && !zenfra.output().includes(code), 'who reads the log must not be able to redeem the code');
    const install = await page.getAttribute('text=Install it on GitHub', 'href');
    assert.equal(install, `${zenfra.sandbox.url}/apps/zenfra/installations/new`);
  } finally {
    await close();
  }
  await becomesReady();
  assert.equal(
    (await fetch(`${zenfra.url}/setup`)).status,
    401,
    'set-up is over: it is a page that needs signing in, and is none',
  );
});

test('what set-up stored works: webhooks are taken, checked and answered, people sign in', async () => {
  await seesAPush('one');
  const begun = await fetch(`${zenfra.url}/sign-in`, { redirect: 'manual' });
  assert.ok(begun.headers.get('location')?.startsWith(`${zenfra.sandbox.url}/login/oauth/authorize?client_id=Iv1.`));
});

test('the keys are stored sealed', async () => {
  const { rows } = await database.pool.query("select value from settings where key = 'github_app'");
  assert.equal(rows.length, 1);
  const text = Buffer.from(rows[0].value, 'base64').toString('latin1');
  assert.doesNotMatch(text, /PRIVATE KEY|webhookSecret/);
});

test('the next start is connected at once', async () => {
  await zenfra.kill('SIGTERM');
  await zenfra.start();
  await seesAPush('two');
});

async function becomesReady(): Promise<void> {
  await until(signal, {
    expected: 'Zenfra to be ready',
    look: async () => (await fetch(`${zenfra.url}/readyz`).catch(() => undefined))?.ok || undefined,
    seen: async () => 'not yet',
  });
}

/** A push to a new repository makes a run. */
async function seesAPush(name: string): Promise<void> {
  const { sandbox } = zenfra;
  sandbox.createUser('kim');
  const files = { 'main.tf': 'resource "terraform_data" "a" {}\n' };
  const repository = await sandbox.createRepository({ owner: 'acme', name, private: true, files, author: 'kim' });
  await sandbox.commit(repository, {
    branch: 'main',
    files: { 'main.tf': 'resource "terraform_data" "b" {}\n' },
    message: 'x',
    author: 'kim',
  });
  await until(signal, {
    expected: `a run of ${name} that waits for approval`,
    look: async () => (await statuses(name)).includes('unconfirmed') || undefined,
    seen: async () => (await statuses(name)).join(', '),
  });
}

async function statuses(name: string): Promise<string[]> {
  const { rows } = await database.pool.query(
    'select runs.status from runs join repositories on repositories.id = repository_id where repositories.name = $1',
    [name],
  );
  return rows.map(({ status }) => status);
}
