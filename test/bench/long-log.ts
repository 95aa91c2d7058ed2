import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import type { Browser, Page } from 'playwright-core';
import { type LogStage, openLogStage } from '../pages/log-stage.ts';
import { type Report, reportOf } from './report.ts';
import { interleave, medians, rounded } from './statistics.ts';

const lines = 100_000;
const linesPerChunk = 500;
const appended = 500;
/** Milliseconds that are good enough. */
const aims = { load: 1_000, layout: 50, append: 25 };

interface Figures {
  load: number;
  layout: number;
  append: number;
}

/**
 * A page with 100,000 lines of a log in Chromium, as our script has it once all parts are in place, against the same
 * page without `content-visibility`: until it is painted; until the whole is laid out again after a change of the window's
 * width; and until 500 lines more are laid out. `leastMs` is for a page of the same lines without numbers or colours,
 * `openedMs` for the page as it is opened, with the last 5,000 lines and a link to the others.
 */
export async function benchLongLog(rounds: number): Promise<Report> {
  const stage = await openLogStage();
  try {
    const run = `${stage.url}/runs/${await seedLongLog(stage)}`;
    const html = await wholePage(run);
    const pages = await Promise.all([
      servePage(stage.url, html),
      servePage(stage.url, leastOf(html)),
      servePage(stage.url, html.replaceAll('<pre class="whole">', '<pre>')),
      servePage(stage.url, await (await fetch(run)).text()),
    ]);
    const measured = await interleave(rounds, {
      ours: async () => ({
        ours: await measure(stage.browser, pages[0].url),
        least: await load(stage.browser, pages[1].url, async () => ({})),
        opened: await load(stage.browser, pages[3].url, async () => ({})),
      }),
      baseline: () => measure(stage.browser, pages[2].url),
    });
    for (const page of pages) page.close();
    const [ours, baseline] = [
      medians(measured.ours.map((one) => asRow(one.ours))),
      medians(measured.baseline.map(asRow)),
    ];
    const [least, opened] = [
      medians(measured.ours.map((one) => ({ load: one.least.load }))),
      medians(measured.ours.map((one) => ({ load: one.opened.load }))),
    ];
    return reportOf({
      name: 'longlog',
      what: `a page with ${lines} lines of a log, until it is painted`,
      against: 'the same without content-visibility',
      aim: null,
      ours: measured.ours.map((one) => one.ours.load),
      baseline: measured.baseline.map(({ load }) => load),
      detail: {
        ms: ours,
        leastMs: least,
        openedMs: opened,
        baselineMs: baseline,
        aims,
        missed: missedOf(ours),
        megabytes: rounded(html.length / 1e6),
      },
    });
  } finally {
    await stage.close();
  }
}

function asRow({ load, layout, append }: Figures): Record<keyof Figures, number> {
  return { load, layout, append };
}

function missedOf(figures: Figures): string {
  const missed = (['load', 'layout', 'append'] as const).filter((name) => figures[name] > aims[name]);
  return missed.length > 0 ? missed.join(', ') : 'none';
}

async function seedLongLog(stage: LogStage): Promise<string> {
  const runId = await stage.seedLogged([], 'running');
  await sql`
    insert into log_chunks (run_id, phase, seq, bytes, lines, first_line)
    select ${runId}, 'planning', n,
           (select convert_to(string_agg(chr(27) || '[1maws_instance.web[' || line || ']' || chr(27)
              || '[0m: Refreshing state... [id=i-' || md5(line::text) || ']' || chr(10), '' order by line), 'UTF8')
            from generate_series((n - 1) * ${linesPerChunk}::int + 1, n * ${linesPerChunk}::int) line),
           ${linesPerChunk}::int, (n - 1) * ${linesPerChunk}::int
    from generate_series(1, ${lines / linesPerChunk}::int) n`.execute(stage.base.db);
  return runId;
}

/** The run's page with all parts of its log in place, put together from what the server sends. */
async function wholePage(run: string): Promise<string> {
  let html = await (await fetch(run)).text();
  for (;;) {
    const gap = /<p class="more"[^>]*><a [^>]*data-part="([^"]+)".*?<\/p>/s.exec(html);
    if (!gap?.[1]) return html;
    const part = await (await fetch(new URL(gap[1].replaceAll('&amp;', '&'), run))).text();
    html = html.slice(0, gap.index) + part + html.slice(gap.index + gap[0].length);
  }
}

/** Serves a page, and what it asks for from where it comes from. */
async function servePage(origin: string, html: string): Promise<{ url: string; close: () => void }> {
  const body = Buffer.from(html);
  const server = createServer((request, response) => {
    if (request.url === '/page') return response.setHeader('Content-Type', 'text/html; charset=utf-8').end(body);
    return void fetch(origin + request.url).then(async (answer) => {
      response.writeHead(answer.status, { 'Content-Type': answer.headers.get('Content-Type') ?? 'text/plain' });
      response.end(Buffer.from(await answer.arrayBuffer()));
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/page`, close: () => server.close() };
}

/** The lines as bare as they can be, `<code id>` and text: what this machine's browser needs whatever we do. */
function leastOf(html: string): string {
  return html.replace(/ data-n="\d+"/g, '').replace(/<span class="bold">(.*?)<\/span>/g, '$1');
}

function measure(browser: Browser, url: string): Promise<Figures> {
  return load(browser, url, measureChanges);
}

/** Loads the page in a browser that knows nothing of it, and does something with it. */
async function load<T>(browser: Browser, url: string, act: (page: Page) => Promise<T>): Promise<T & { load: number }> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  try {
    await page.goto(url, { timeout: 300_000 });
    const painted = await page.evaluate<number>(
      'new Promise((resolve) => requestAnimationFrame(() => setTimeout(() => resolve(performance.now()))))',
    );
    // The page's own refresh must not fall into what is measured.
    await page.evaluate(`delete document.getElementById('main').dataset.refresh`);
    return { ...(await act(page)), load: painted };
  } finally {
    await context.close();
  }
}

function measureChanges(page: Page): Promise<{ layout: number; append: number }> {
  return page.evaluate(`(async () => {
    const { appendLines } = await import(document.querySelector('script[src$="/zenfra.js"]').src.replace('zenfra.js', 'log.js'));
    const timed = (act) => {
      const started = performance.now();
      act();
      document.getElementById('planning-log').getBoundingClientRect();
      return performance.now() - started;
    };
    const layout = timed(() => document.body.style.setProperty('padding-right', '1px'));
    const html = Array.from({ length: ${appended} }, (_, index) => {
      const number = ${lines} + 1 + index;
      return '<code id="planning-L' + number + '" data-n="' + number
        + '"><span class="bold">aws_instance.web</span>: Refreshing state...</code>';
    }).join('');
    return { layout, append: timed(() => appendLines('planning', ${lines} + 1, html)) };
  })()`);
}
