import type { Browser, Page } from 'playwright-core';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { openBrowser } from '../support/open-browser.ts';
import { type Seeded, seedLog, seedPhase, seedRun, seedStack } from './seed.ts';
import { serveLive } from './watching.ts';

export interface LogStage {
  base: TestDatabase;
  url: string;
  browser: Browser;
  /** A run whose Planning phase has this log; it still runs, unless it is over. */
  seedLogged(chunks: (string | Uint8Array)[], state?: 'running' | 'over'): Promise<string>;
  open(path: string, look?: Look): Promise<OpenPage>;
  close(): Promise<void>;
}

interface Look {
  width?: number;
  colorScheme?: 'light' | 'dark';
  javaScriptEnabled?: boolean;
}

export interface OpenPage {
  page: Page;
  /** Errors of the console, requests that left the server, dialogs. */
  complaints: string[];
  close(): Promise<void>;
}

/** The pages over a real server and database, and a real browser to look at them. */
export async function openLogStage(): Promise<LogStage> {
  const base = await createTestDatabase();
  const stack = await seedStack(base.db);
  const server = await serveLive(base);
  const { url } = server;
  const chromium = await openBrowser();
  return {
    base,
    url,
    browser: chromium.browser,
    seedLogged: (chunks, state = 'over') => seedLogged(stack, chunks, state),
    async open(path, { width = 1440, colorScheme = 'light', javaScriptEnabled = true } = {}) {
      const viewport = { width, height: 900 };
      const context = await chromium.browser.newContext({ viewport, colorScheme, javaScriptEnabled });
      await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: url });
      const page = await context.newPage();
      const complaints = listen(page, url);
      await page.goto(`${url}${path}`);
      return { page, complaints, close: () => context.close() };
    },
    async close() {
      await chromium.close();
      await server.stop();
      await base.drop();
    },
  };
}

async function seedLogged(stack: Seeded, chunks: (string | Uint8Array)[], state: 'running' | 'over') {
  const over = state === 'over';
  const at = new Date(Date.now() - 60_000);
  const status = over ? ('finished' as const) : ('planning' as const);
  const id = await seedRun(stack, { type: 'plan_only', status, started_at: at, ended_at: over ? new Date() : null });
  await seedPhase(stack.db, id, 'preparing', { at, seconds: 1 });
  await seedPhase(stack.db, id, 'planning', over ? { at, seconds: 50 } : { at });
  await seedLog(stack.db, { runId: id, phase: 'planning' }, chunks);
  return id;
}

function listen(page: Page, url: string): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) complaints.push(`asked for ${request.url()}`);
  });
  return complaints;
}

/** Lines `line 1` … as chunks of 100. */
export function numberedLines(count: number, text = (number: number) => `line ${number}`): string[] {
  const lines = Array.from({ length: count }, (_, index) => `${text(index + 1)}\n`);
  return Array.from({ length: Math.ceil(count / 100) }, (_, chunk) =>
    lines.slice(chunk * 100, chunk * 100 + 100).join(''),
  );
}

/** Numbers of the lines that look chosen. */
export function chosenLines(page: Page): Promise<string[]> {
  return page.locator('.log .on').evaluateAll((lines) => lines.map((line) => line.id));
}

/** Calls what the live script calls: appends lines `first` to `last` of Planning. */
export async function appendLines(page: Page, first: number, last: number): Promise<void> {
  const html = Array.from(
    { length: last - first + 1 },
    (_, index) => `<code id="planning-L${first + index}" data-n="${first + index}">line ${first + index}</code>`,
  ).join('');
  await page.evaluate(
    `import(document.querySelector('script[src$="/zenfra.js"]').src.replace('zenfra.js', 'log.js')).then((log) => log.appendLines('planning', ${first}, ${JSON.stringify(html)}))`,
  );
}

/** Whether an element is within what the window shows. */
export function inSight(page: Page, id: string): Promise<boolean> {
  return page.evaluate<boolean>(
    `(() => { const { top, bottom } = document.getElementById(${JSON.stringify(id)}).getBoundingClientRect(); return top >= 0 && bottom <= innerHeight; })()`,
  );
}
