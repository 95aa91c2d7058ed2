import { Hono } from 'hono';
import { type ChangeFilter, everyChange } from '../../views/parts/change-filters.tsx';
import type { LogView } from '../../views/parts/log.tsx';
import type { Answer } from '../../views/parts/notice.tsx';
import { RunPage } from '../../views/run.tsx';
import type { LogName } from '../db/page-logs.ts';
import { findRunIdByNumber, type PageRun } from '../db/page-run.ts';
import { hasPermission, type Permission } from '../run/checks.ts';
import { type LoggedPhase, loggedPhases } from '../run/status.ts';
import { isFinal } from '../run/transition.ts';
import { answerFor } from './answers.ts';
import type { PagesDeps } from './deps.ts';
import type { PageContext, PageEnv } from './env.ts';
import { githubLinks } from './github-links.ts';
import { formatPosition, nothingShown } from './live/position.ts';
import { findFirstError } from './log-error.ts';
import { type LoadedWindow, loadLogWindow } from './log-window.ts';
import { readChangeFilter, readPositive, runAddress } from './parameters.ts';
import { frameFor, sendNotFound } from './respond.ts';
import { loadRunFacts, type RunFacts, versionOf } from './run-facts.ts';
import { runProps } from './run-props.ts';
import { seeRun } from './see.ts';

/** Which lines of which phase were asked for; the other phases show their last ones. */
interface LogRequest {
  phase: LoggedPhase;
  from: number;
}

/** `GET /runs/:id`; `/runs/128` leads there. */
export function runRoutes(deps: PagesDeps): Hono<PageEnv> {
  return new Hono<PageEnv>()
    .get('/runs/:number{[0-9]{1,16}}', async (c) => {
      const number = readPositive(c.req.param('number'));
      const id = number && (await findRunIdByNumber(deps.db, number));
      const seen = id && (await seeRun(c, deps, id));
      return seen ? c.redirect(`/runs/${id}`, 302) : sendNotFound(c, deps);
    })
    .get('/runs/:id', async (c) => {
      const page = await renderRun(c, deps, {
        id: c.req.param('id'),
        answer: answerFor(c.req.query('done')),
        log: readLogRequest(c),
        filter: readChangeFilter(c.req.query()),
      });
      return page === null ? sendNotFound(c, deps) : c.html(page);
    });
}

/**
 * The page as the answer to a button that was refused. No redirect: the sentence is made for this moment, and would
 * have to travel in the address.
 */
export async function sendRefusedRun(c: PageContext, deps: PagesDeps, request: { id: string; why: string }) {
  const answer = { done: false, sentence: request.why };
  const page = await renderRun(c, deps, { id: request.id, answer, log: null, filter: everyChange });
  return page === null ? sendNotFound(c, deps) : c.html(page, 409);
}

function readLogRequest(c: PageContext): LogRequest | null {
  const phase = loggedPhases.find((name) => name === c.req.query('phase'));
  const from = readPositive(c.req.query('from'), 2 ** 40);
  return phase && from !== undefined ? { phase, from } : null;
}

interface RunRequest {
  id: string;
  answer: Answer | null;
  log: LogRequest | null;
  filter: ChangeFilter;
}

async function renderRun(c: PageContext, deps: PagesDeps, request: RunRequest) {
  const seen = await seeRun(c, deps, request.id);
  if (!seen) return null;
  const { run, may } = seen;
  const links = githubLinks(deps.githubServerUrl, run);
  const [facts, logs] = await Promise.all([loadRunFacts(deps.db, run), loadLogs(deps, run, request.log)]);
  const opened = request.log?.phase ?? null;
  const { answer, filter } = request;
  const main = runProps(facts, { may, frame: frameFor(c, deps), links, answer, logs, opened, filter });
  // A log that began after its phase was looked for is not on the page yet.
  const shown = new Map([...logs].filter(([phase]) => main.phases.some((view) => view.log?.phase === phase)));
  return RunPage({
    main,
    refresh: refreshFor(run, request, may),
    events: isFinal(run.status) ? null : { address: `/runs/${run.id}/events`, after: positionOf(facts, shown) },
  });
}

/** What the page shows, so that its events begin with what it does not. */
function positionOf(facts: RunFacts, logs: Map<LoggedPhase, LoadedLog>): string {
  const ends = { ...nothingShown.ends };
  for (const [phase, window] of logs) ends[phase] = window.end;
  return formatPosition({ version: versionOf(facts, [...logs.keys()]), ends });
}

/** A page with a form is not taken from under a reader without scripts; nor is a part of the log that they asked for. */
function refreshFor(run: PageRun, request: RunRequest, may: Permission) {
  if (isFinal(run.status)) return null;
  const reading = request.log !== null || (run.status === 'unconfirmed' && hasPermission(may, 'write'));
  const seconds = request.answer ? 8 : run.status === 'unconfirmed' ? 10 : 3;
  return { address: runAddress(run.id, request.filter), seconds, withoutScript: !reading };
}

type LoadedLog = LogView & LoadedWindow;

async function loadLogs(deps: PagesDeps, run: PageRun, asked: LogRequest | null): Promise<Map<LoggedPhase, LoadedLog>> {
  const views = await Promise.all(
    loggedPhases.map((phase) => loadLog(deps, { runId: run.id, phase }, asked?.phase === phase ? asked.from : null)),
  );
  return new Map(views.flatMap((view) => (view ? [[view.phase, view]] : [])));
}

async function loadLog(deps: PagesDeps, log: LogName, from: number | null): Promise<LoadedLog | undefined> {
  const window = await loadLogWindow(deps.db, log, { from, to: null });
  return window && { ...window, phase: log.phase, firstError: await findFirstError(deps.db, log, window) };
}
