import { Hono } from 'hono';
import type { Kysely } from 'kysely';
import { listLoggedPhases, streamLog } from '../db/page-logs.ts';
import type { PageRun } from '../db/page-run.ts';
import type { Database } from '../db/schema.ts';
import { type LoggedPhase, loggedPhases, phaseLabels } from '../run/status.ts';
import { createAnsiReader } from './ansi.ts';
import type { PagesDeps } from './deps.ts';
import type { PageContext, PageEnv } from './env.ts';
import { sendNotFound } from './respond.ts';
import { seeRun } from './see.ts';

/**
 * Logs as text: `/runs/:id/logs/planning.txt` is a download of the bytes exactly as they came; `?view=raw` shows the
 * same in the browser, `?view=plain` without colour codes, for the clipboard. `/runs/:id/logs.txt` has all phases.
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
    });
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

/** What a person would see, line by line. */
async function* withoutCodes(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const reader = createAnsiReader();
  const text = (lines: { text: string }[][]) =>
    lines.map((line) => `${line.map((span) => span.text).join('')}\n`).join('');
  for await (const chunk of bytes) yield encoder.encode(text(reader.write(chunk)));
  yield encoder.encode(text(reader.end()));
}
