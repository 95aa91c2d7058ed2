import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { type ServerType, serve } from '@hono/node-server';
import type { Page } from 'playwright-core';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { openBrowser } from '../support/open-browser.ts';
import { openPages, seedLog } from './seed.ts';
import { type Showcase, seedShowcase } from './showcase.ts';

let base: TestDatabase;
let world: Showcase;
let server: ServerType;
let chromium: Awaited<ReturnType<typeof openBrowser>>;
let url: string;
let asked: ReturnType<typeof openPages>['asked'];

before(async () => {
  base = await createTestDatabase();
  world = await seedShowcase(base.db);
  server = await new Promise<ServerType>((ready) => {
    const started = serve({ fetch: (request) => app.fetch(request), port: 0, hostname: '127.0.0.1' }, () =>
      ready(started),
    );
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const opened = openPages(base.db, { url });
  const { app } = opened;
  asked = opened.asked;
  chromium = await openBrowser();
});

after(async () => {
  await chromium?.close();
  server?.close();
  await base.drop();
});

interface Look {
  colorScheme?: 'light' | 'dark';
  width?: number;
  javaScriptEnabled?: boolean;
}

/** A page in a fresh browser context, and everything that it complained about. */
async function open(path: string, { colorScheme = 'light', width = 1440, javaScriptEnabled = true }: Look = {}) {
  const context = await chromium.browser.newContext({
    viewport: { width, height: 900 },
    colorScheme,
    javaScriptEnabled,
  });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: url });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) complaints.push(`asked for ${request.url()}`);
  });
  await page.goto(`${url}${path}`);
  return { page, complaints, close: () => context.close() };
}

function addresses(): string[] {
  const runs = [world.waiting, world.running, world.failed, world.finished, world.queued].map((id) => `/runs/${id}`);
  return ['/', `/stacks/${world.stackId}`, `/stacks/${world.emptyStackId}`, '/pr/acme/infra/43', ...runs];
}

for (const width of [1440, 390]) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`no page breaks its policy, asks elsewhere or is wider than ${width} pixels, in ${colorScheme}`, async () => {
      for (const path of addresses()) {
        const { page, complaints, close } = await open(path, { colorScheme, width });
        await openEverything(page);
        assert.deepEqual(complaints, [], path);
        const excess = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
        assert.ok(excess <= 0, `${path} is ${excess} pixels too wide`);
        await close();
      }
    });
  }
}

async function openEverything(page: Page) {
  await page.evaluate(`for (const details of document.querySelectorAll('details')) details.open = true;`);
}

test('without scripts a phase is unfolded by a click, and no dead button shows', async () => {
  const { page, close } = await open(`/runs/${world.finished}`, { javaScriptEnabled: false });
  const line = page.locator('#applying-L1');
  assert.equal(await line.isVisible(), false);
  await page.locator('#applying summary').click();
  assert.match(await line.innerText(), /terraform_data\.api: Creating\.\.\./);
  assert.equal(await page.locator('[data-copy], [data-copy-from]').filter({ visible: true }).count(), 0);
  await close();
});

test('Copy logs puts the phase’s log on the clipboard, without colour codes', async () => {
  const { page, complaints, close } = await open(`/runs/${world.failed}`);
  await page.locator('#planning').getByRole('button', { name: 'Copy logs' }).click();
  await page.locator('#planning').getByRole('button', { name: 'Copied' }).waitFor();
  const copied = await page.evaluate<string>('navigator.clipboard.readText()');
  assert.match(copied, /^╷\n│ Error: Unsupported argument\n│ {3}on main\.tf line 12/);
  assert.deepEqual(complaints, []);
  await close();
});

test('a running page follows the run in place and keeps what the reader unfolded', async () => {
  const { page, complaints, close } = await open(`/runs/${world.running}`);
  await page.locator('#preparing summary').click();
  await base.db.deleteFrom('log_chunks').where('run_id', '=', world.running).where('phase', '=', 'planning').execute();
  await seedLog(base.db, { runId: world.running, phase: 'planning' }, ['first\n', 'a line that came later\n']);
  await page.getByText('a line that came later').waitFor();
  await base.db
    .updateTable('run_phases')
    .set({ ended_at: new Date(), outcome: 'succeeded' })
    .where('run_id', '=', world.running)
    .where('ended_at', 'is', null)
    .execute();
  await base.db
    .updateTable('runs')
    .set({ status: 'finished', ended_at: new Date() })
    .where('id', '=', world.running)
    .execute();
  await page.locator('h1 .status.ok').waitFor();
  assert.match(await page.title(), /^Finished · dns-prod/);
  assert.equal(await page.locator('#preparing details').getAttribute('open'), '');
  assert.equal(await page.locator('#preparing-L1').isVisible(), true);
  assert.equal(await page.locator('main').getAttribute('data-refresh'), null);
  assert.deepEqual(complaints, []);
  await close();
});

test('a link to a line opens its phase', async () => {
  const { page, close } = await open(`/runs/${world.finished}#initializing-L3`);
  await page.locator('#initializing-L3').waitFor({ state: 'visible' });
  assert.equal(await page.locator('#initializing-L3').evaluate((line) => line.matches(':target')), true);
  await close();
});

test('the chips show one kind of change at a time', async () => {
  const { page, close } = await open(`/runs/${world.waiting}`, { javaScriptEnabled: false });
  await page.getByText('destroy 1', { exact: true }).click();
  assert.deepEqual(
    await page.locator('.changes .change').filter({ visible: true }).locator('.line code').allInnerTexts(),
    ['aws_db_instance.legacy'],
  );
  await close();
});

test('the filter acts when it is chosen', async () => {
  const { page, close } = await open(`/stacks/${world.stackId}`);
  await page.getByLabel('Triggered by').selectOption('lee');
  await page.waitForURL(/by=lee/);
  assert.deepEqual(
    new Set(await page.locator('.who').evaluateAll((cells) => cells.map((cell) => cell.firstChild?.textContent))),
    new Set(['lee']),
  );
  await close();
});

test('a press of Approve in a real browser passes the check of its origin', async () => {
  const { page, complaints, close } = await open(`/runs/${world.waiting}`);
  await page.getByRole('button', { name: 'Approve and apply' }).click();
  await page.getByText('Approved. The apply starts as soon as a worker is free.').waitFor();
  assert.equal(asked.at(-1)?.verb, 'approve');
  assert.deepEqual(complaints, []);
  await close();
});
