import { Hono } from 'hono';
import type { Kysely } from 'kysely';
import { LogSearchPage } from '../../views/log-search.tsx';
import { LogPart } from '../../views/parts/log.tsx';
import type { LogLine } from '../../views/parts/log-lines.tsx';
import { type LogName, listLoggedPhases, streamLog } from '../db/page-logs.ts';
import type { PageRun } from '../db/page-run.ts';
import type { Database } from '../db/schema.ts';
import { type LoggedPhase, loggedPhases, phaseLabels } from '../run/status.ts';
import { createAnsiReader } from './ansi.ts';
import type { PagesDeps } from './deps.ts';
import type { PageContext, PageEnv } from './env.ts';
import { longestQuery, searchLog } from './log-search.ts';
import { linesPerPage, loadLogWindow } from './log-window.ts';
import { readPositive } from './parameters.ts';
import { frameFor, sendMessage, sendNotFound } from './respond.ts';
import { seeRun } from './see.ts';

/** How long a search may take, in milliseconds. */
const searchTime = 5_000;

/**
 * Logs as text: `/runs/:id/logs/planning.txt` is a download of the bytes exactly as they came; `?view=raw` shows the
 * same in the browser, `?view=plain` without colour codes, for the clipboard. `/runs/:id/logs.txt` has all phases.
 *
 * `planning.html?from=1&to=9000` is a part of a phase's lines for the page's script, and `planning/search?q=` the lines
 * that have a text: as JSON if that is asked for, else as a page.
 */
export function logRoutes(deps: PagesDeps): Hono<PageEnv> {
  return new Hono<PageEnv>()
    .get('/runs/:id/logs.txt', async (c) => {
      const run = (await seeRun(c, deps, c.req.param('id')))?.run;
      if (!run) return sendNotFound(c, deps);
      const phases = await listLoggedPhases(deps.db, run.id);
      return sendText(c, streamAll(deps.db, run, phases), `${fileName(run)}.txt`);
    })
    .get('/runs/:id/logs/:file{[a-z]+\\.txt}', async (c) => {
      const phase = loggedPhases.find((name) => `${name}.txt` === c.req.param('file'));
      const run = phase && (await seeRun(c, deps, c.req.param('id')))?.run;
      if (!run) return sendNotFound(c, deps);
      const bytes = streamLog(deps.db, { runId: run.id, phase });
      const view = c.req.query('view');
      if (view === 'plain') return sendText(c, withoutCodes(bytes), null);
      return sendText(c, bytes, view === 'raw' ? null : `${fileName(run)}-${phase}.txt`);
    })
    .get('/runs/:id/logs/:file{[a-z]+\\.html}', async (c) => {
      const phase = loggedPhases.find((name) => `${name}.html` === c.req.param('file'));
      const run = phase && (await seeRun(c, deps, c.req.param('id')))?.run;
      return run ? sendPart(c, deps, { runId: run.id, phase }) : sendNotFound(c, deps);
    })
    .get('/runs/:id/logs/:phase/search', async (c) => {
      const phase = loggedPhases.find((name) => name === c.req.param('phase'));
      const run = phase && (await seeRun(c, deps, c.req.param('id')))?.run;
      return run ? sendHits(c, deps, { run, phase }) : sendNotFound(c, deps);
    });
}

/** Lines out of `from` to `to`: from a little before `near` on, or else the last ones. */
async function sendPart(c: PageContext, deps: PagesDeps, log: LogName) {
  const [from, to, near] = ['from', 'to', 'near'].map((name) => readPositive(c.req.query(name), 2 ** 40));
  if (from === undefined || to === undefined || from > to) {
    return sendMessage(c, deps, 400, 'A part of a log is asked for with the numbers of its first and last line.');
  }
  const start = near === undefined ? Math.max(from, to - linesPerPage + 1) : Math.min(to, Math.max(from, near - 100));
  const window = await loadLogWindow(deps.db, log, { from: near === undefined ? null : start, to });
  if (!window) return sendNotFound(c, deps);
  const skipped = Math.max(0, from - window.first);
  const lines = { ...window, phase: log.phase, first: window.first + skipped, lines: window.lines.slice(skipped) };
  return c.html(LogPart({ runId: log.runId, log: lines, stretch: { from, to: Math.min(to, window.total) } }) ?? '');
}

async function sendHits(c: PageContext, deps: PagesDeps, { run, phase }: { run: PageRun; phase: LoggedPhase }) {
  const query = c.req.query('q') ?? '';
  if (query === '' || query.length > longestQuery || query.includes('\n')) {
    const sentence = `A search needs a text of 1 to ${longestQuery} characters in one line; this one has ${query.length}.`;
    return sendMessage(c, deps, 400, sentence, { href: `/runs/${run.id}#${phase}`, label: `Run #${run.number}` });
  }
  const limits = { time: searchTime, signal: c.req.raw.signal };
  const { texts, ...hits } = await searchLog(streamLog(deps.db, { runId: run.id, phase }), query, limits);
  c.header('Vary', 'Accept');
  if (c.req.header('Accept') === 'application/json') return c.json(hits);
  const shown = texts.map((text, index) => ({ text, line: hits.lines[index] ?? 1 }));
  return c.html(LogSearchPage({ frame: frameFor(c, deps), run, phase, query, ...hits, hits: shown }));
}

/** Only characters that need no quoting in a header. */
function fileName(run: PageRun): string {
  return `${run.stack_name.replace(/[^A-Za-z0-9_-]+/g, '-').slice(0, 60)}-run-${run.number}`;
}

/** With a name it is a download, without one it is shown. */
function sendText(c: PageContext, bytes: AsyncIterable<Uint8Array>, name: string | null) {
  c.header('Content-Type', 'text/plain; charset=utf-8');
  c.header('Content-Disposition', name === null ? 'inline' : `attachment; filename="${name}"`);
  return c.body(ReadableStream.from(bytes) as ReadableStream<Uint8Array>);
}

async function* streamAll(db: Kysely<Database>, run: PageRun, logged: LoggedPhase[]): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for (const phase of loggedPhases.filter((name) => logged.includes(name))) {
    yield encoder.encode(`===== ${phaseLabels[phase]} (run #${run.number}, ${run.id}) =====\n`);
    yield* streamLog(db, { runId: run.id, phase });
    yield encoder.encode('\n');
  }
}

/** What a person would see, line by line and each of them whole. */
async function* withoutCodes(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const reader = createAnsiReader(Number.POSITIVE_INFINITY);
  const textOf = (line: LogLine) => line.map((span) => span.text).join('');
  const allOf = (lines: LogLine[]) => lines.map((line) => `${textOf(line)}\n`).join('');
  for await (const chunk of bytes) yield encoder.encode(allOf(reader.write(chunk)) + textOf(reader.takeLong() ?? []));
  yield encoder.encode(allOf(reader.end()));
}
