import type { Browser, Page } from 'playwright-core';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { openBrowser } from '../support/open-browser.ts';
import type { openPages } from './seed.ts';
import { type Showcase, seedShowcase } from './showcase.ts';
import { serveLive } from './watching.ts';

export interface Look {
  colorScheme?: 'light' | 'dark';
  width?: number;
  javaScriptEnabled?: boolean;
}

export interface Opened {
  page: Page;
  /** What the browser's console said, errors of scripts, dialogs, and requests that left the server. */
  complaints: string[];
  close(): Promise<void>;
}

/** The pages over a world with a run in every mood, served over HTTP, and a real Chromium. */
export interface BrowserStage {
  base: TestDatabase;
  world: Showcase;
  url: string;
  browser: Browser;
  /** What the buttons asked for. */
  asked: ReturnType<typeof openPages>['asked'];
  /** A page in a fresh browser context, of this server or at the whole address of another one. */
  open(path: string, look?: Look): Promise<Opened>;
  /** Every page that shows something of the world. */
  addresses(): string[];
}

export async function openBrowserStage(t: { after(end: () => Promise<void>): void }): Promise<BrowserStage> {
  const base = await createTestDatabase();
  const world = await seedShowcase(base.db);
  const server = await serveLive(base);
  const { url, asked } = server;
  const { browser, close } = await openBrowser();
  t.after(async () => {
    await close();
    await server.stop();
    await base.drop();
  });
  const runs = [world.waiting, world.running, world.failed, world.finished, world.queued].map((id) => `/runs/${id}`);
  const tabs = ['', '/state', '/state/diff', '/state/diff?from=current&to=3', '/settings'];
  return {
    ...{ base, world, url, browser, asked },
    open: (path, look) => openIn(browser, { url, path, ...look }),
    addresses: () => [
      ...['/', '/pr/acme/infra/43', '/doctor', '/bundles', `/bundles/${world.bundleId}`],
      ...tabs.map((tab) => `/stacks/${world.statesId}${tab}`),
      ...[world.stackId, world.emptyStackId].flatMap((id) => [`/stacks/${id}`, `/stacks/${id}/state`]),
      ...runs,
      `/runs/${world.finished}/logs/applying/search?q=Creating`,
      '/nothing-here',
    ],
  };
}

async function openIn(
  browser: Browser,
  { url, path, colorScheme = 'light', width = 1440, javaScriptEnabled = true }: Look & { url: string; path: string },
): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, javaScriptEnabled });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: url });
  const page = await context.newPage();
  const complaints: string[] = [];
  const address = new URL(path, url);
  page.on('console', (message) => {
    // The page itself is one that says no.
    const expected = message.location().url === address.href && /status of 40[034] /.test(message.text());
    if ((message.type() === 'error' || message.type() === 'warning') && !expected) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(address.origin)) complaints.push(`asked for ${request.url()}`);
  });
  await page.goto(address.href);
  return { page, complaints, close: () => context.close() };
}

/** Unfolds everything that can be. */
export async function openEverything(page: Page): Promise<void> {
  await page.evaluate(`for (const details of document.querySelectorAll('details')) details.open = true;`);
}
