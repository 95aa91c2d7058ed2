import assert from 'node:assert/strict';
import { createServer, request as forward, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { appendLog } from '../../src/db/log-chunks.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { openBrowser } from '../support/open-browser.ts';
import { planOf, resource, type Seeded, seedPhase, seedPlan, seedRun, seedStack } from './seed.ts';
import { announceLog, type LiveServer, serveLive } from './watching.ts';

let base: TestDatabase;
let stack: Seeded;
let server: LiveServer;
let chromium: Awaited<ReturnType<typeof openBrowser>>;

before(async () => {
  base = await createTestDatabase();
  stack = await seedStack(base.db);
  server = await serveLive(base);
  chromium = await openBrowser();
});

after(async () => {
  await chromium?.close();
  await server?.stop();
  await base.drop();
});

/** A run under way whose log says what it is told to. */
async function startRun(): Promise<{ id: string; say(text: string): Promise<void>; finish(): Promise<void> }> {
  const id = await seedRun(stack, {
    ...{ type: 'plan_only', status: 'planning', lease_generation: 1 },
    lease_expires_at: new Date(Date.now() + 600_000),
  });
  await seedPhase(base.db, id, 'planning', { at: new Date() });
  let seq = 0;
  const say = async (text: string) => {
    seq += 1;
    const chunk = { phase: 'planning' as const, seq, bytes: Buffer.from(text) };
    assert.ok(await appendLog(base.db, { runId: id, generation: 1 }, chunk));
    await announceLog(base, id);
  };
  const finish = async () => {
    const ended = { ended_at: new Date() };
    await base.db
      .updateTable('run_phases')
      .set({ ...ended, outcome: 'succeeded' })
      .where('run_id', '=', id)
      .execute();
    await base.db
      .updateTable('runs')
      .set({ ...ended, status: 'finished' })
      .where('id', '=', id)
      .execute();
  };
  return { id, say, finish };
}

async function open(address: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await (await chromium.browser.newContext()).newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (/policy|TypeError/i.test(message.text())) complaints.push(message.text());
  });
  await page.goto(address);
  return { page, complaints };
}

const lines = (page: Page) => page.locator('#planning-log code').allInnerTexts();

test('lines, status and title change while the reader watches, and nothing is fetched for it', async () => {
  const run = await startRun();
  await run.say('one\n');
  const { page, complaints } = await open(`${server.url}/runs/${run.id}`);
  const fetched: string[] = [];
  page.on('request', (request) => fetched.push(new URL(request.url()).pathname));
  await run.say('two\nthr');
  await page.locator('#planning-L3').waitFor();
  await run.say('ee\n');
  await page.getByText('three').waitFor();
  assert.deepEqual(await lines(page), ['one', 'two', 'three']);
  await run.finish();
  await page.locator('h1 .status.ok').waitFor();
  assert.match(await page.title(), /^Finished · network-prod/);
  assert.match((await page.locator('#news').textContent()) ?? '', /^Run #\d+: Finished$/);
  assert.match((await page.locator('link[rel=icon]').getAttribute('href')) ?? '', /favicon-ok/);
  assert.deepEqual(await lines(page), ['one', 'two', 'three'], 'the log stays when the page around it is swapped');
  assert.deepEqual(
    fetched.filter((path) => !path.startsWith('/assets/') && !path.endsWith('/events')),
    [],
  );
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('after a restart of the server the page comes back and has each line once', async (t) => {
  const run = await startRun();
  let own = await serveLive(base);
  t.after(() => own.stop());
  const { page } = await open(`${own.url}/runs/${run.id}`);
  await run.say('before\n');
  await page.locator('#planning-L1').waitFor();
  await own.stop();
  await page.getByText('Reconnecting…').waitFor();
  await run.say('meanwhile\n');
  own = await serveLive(base, { port: Number(new URL(own.url).port) });
  await page.locator('#planning-L2').waitFor();
  await run.say('after\n');
  await page.locator('#planning-L3').waitFor();
  assert.deepEqual(await lines(page), ['before', 'meanwhile', 'after']);
  assert.equal(await page.locator('#connection').textContent(), '');
  await page.context().close();
});

test('behind a proxy that gathers events the page asks by itself', async () => {
  const run = await startRun();
  const proxy = await startGatheringProxy(server.url);
  const page = await (await chromium.browser.newContext()).newPage();
  await page.clock.install();
  await page.goto(`${proxy.url}/runs/${run.id}`);
  await run.say('seen all the same\n');
  // No event, not even a ping, comes within this time.
  await page.clock.fastForward(20_000);
  await page.getByText('Reconnecting…').waitFor();
  await page.clock.fastForward(4_000);
  await page.getByText('seen all the same').waitFor();
  await page.context().close();
  proxy.server.closeAllConnections();
  proxy.server.close();
});

test('what the reader has opened, chosen and typed stays when the page changes under them', async () => {
  const id = await seedRun(stack, {
    type: 'destroy',
    status: 'unconfirmed',
    destroy_count: 2,
    add_count: 1,
    change_count: 0,
  });
  await seedPhase(base.db, id, 'queued', { at: new Date(), seconds: 1 });
  await seedPhase(base.db, id, 'approved', { at: new Date() });
  await seedPlan(
    stack,
    id,
    planOf([resource('a.one', 'delete'), resource('a.two', 'create'), resource('a.three', 'delete')]),
  );
  const { page, complaints } = await open(`${server.url}/runs/${id}`);
  await page.locator('#queued summary').click();
  await page.getByText('destroy 2', { exact: true }).click();
  const field = page.locator('.approve input[name=confirm]');
  await field.fill('network-');
  await base.db
    .updateTable('runs')
    .set({ warnings: JSON.stringify([{ severity: 'warning', summary: 'Take care', detail: '' }]) })
    .where('id', '=', id)
    .execute();
  await page.getByText('Take care').waitFor({ state: 'attached' });
  await page.keyboard.type('prod');
  assert.equal(await field.inputValue(), 'network-prod');
  assert.equal(await page.locator('#queued details').getAttribute('open'), '');
  assert.equal(await page.locator('.chips input:checked').getAttribute('value'), 'destroy');
  assert.deepEqual(complaints, []);
  await base.db.updateTable('runs').set({ status: 'discarded', ended_at: new Date() }).where('id', '=', id).execute();
  await page.locator('h1 .status.quiet').waitFor();
  await page.context().close();
});

test('the lists show a new run without being asked', async () => {
  for (const path of ['/', `/stacks/${stack.stackId}`]) {
    const { page } = await open(server.url + path);
    const { id } = await startRun();
    await page.locator(`a[href="/runs/${id}"]`).first().waitFor();
    await page.context().close();
  }
});

test('a list that could not be had is asked for until it is', async () => {
  const { page } = await open(`${server.url}/`);
  let asked = 0;
  await page.route(`${server.url}/`, (route) => {
    asked += 1;
    // Events may have asked for two of them.
    return asked < 3 ? route.fulfill({ status: 503 }) : route.continue();
  });
  const { id } = await startRun();
  await page.locator(`a[href="/runs/${id}"]`).first().waitFor();
  await page.context().close();
});

test('a page whose reader is signed out says so, and begins no sign-in of its own', async () => {
  const run = await startRun();
  const page = await (await chromium.browser.newContext()).newPage();
  await page.clock.install();
  const begun: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/sign-in')) begun.push(request.url());
  });
  await page.route('**/events?*', (route) => route.fulfill({ status: 401 }));
  await page.goto(`${server.url}/runs/${run.id}`);
  await page.route(`**/runs/${run.id}`, (route) => route.fulfill({ status: 302, headers: { Location: '/sign-in' } }));
  await page.getByText('Reconnecting…').waitFor();
  await page.clock.runFor(15_000);
  await page.getByText('You are signed out. Reload to sign in.').waitFor();
  assert.deepEqual(begun, []);
  await page.context().close();
});

/** Passes everything on, but an event stream only when it has ended: as proxies do that buffer. */
async function startGatheringProxy(target: string): Promise<{ url: string; server: Server }> {
  const proxy = createServer((incoming, outgoing) => {
    const onward = forward(target + incoming.url, { method: incoming.method, headers: incoming.headers }, (answer) => {
      if (!answer.headers['content-type']?.startsWith('text/event-stream')) {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
        return;
      }
      const gathered: Buffer[] = [];
      answer.on('data', (bytes: Buffer) => gathered.push(bytes));
      answer.on('end', () => outgoing.writeHead(200, answer.headers).end(Buffer.concat(gathered)));
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((ready) => proxy.listen(0, '127.0.0.1', ready));
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, server: proxy };
}
