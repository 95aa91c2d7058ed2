import { type Context, Hono } from 'hono';
import type { LogWindow } from '../../views/parts/log.tsx';
import type { Answer } from '../../views/parts/notice.tsx';
import { RunPage } from '../../views/run.tsx';
import { findPagePlan, findPageRun, findRunIdByNumber, type PageRun } from '../db/page-run.ts';
import { listPhases } from '../db/run-phases.ts';
import { listLiveRuns } from '../db/runs.ts';
import { listHolds } from '../db/stack-holds.ts';
import { countSlots } from '../db/workers.ts';
import { type LoggedPhase, loggedPhases } from '../run/status.ts';
import { isFinal } from '../run/transition.ts';
import { answerFor } from './answers.ts';
import type { PagesDeps } from './deps.ts';
import { githubLinks } from './github-links.ts';
import { loadLogWindow } from './log-window.ts';
import { isUuid, readPositive } from './parameters.ts';
import { frameFor, sendNotFound } from './respond.ts';
import { toPhases } from './run-phases.ts';
import { approveView, buttonsFor, linkDiagnostics, planFate, toRunView } from './run-view.ts';
import { waitView } from './run-waits.ts';

/** Which lines of which phase were asked for; the other phases show their last ones. */
interface LogRequest {
  phase: LoggedPhase;
  from: number;
}

/** `GET /runs/:id`; `/runs/128` leads there. */
export function runRoutes(deps: PagesDeps): Hono {
  return new Hono()
    .get('/runs/:number{[0-9]{1,16}}', async (c) => {
      const number = readPositive(c.req.param('number'));
      const id = number && (await findRunIdByNumber(deps.db, number));
      return id ? c.redirect(`/runs/${id}`, 302) : sendNotFound(c, deps);
    })
    .get('/runs/:id', async (c) => {
      const request = { id: c.req.param('id'), answer: answerFor(c.req.query('done')), log: readLogRequest(c) };
      const page = await renderRun(deps, request);
      return page === null ? sendNotFound(c, deps) : c.html(page);
    });
}

/**
 * The page as the answer to a button that was refused. No redirect: the sentence is made for this moment, and would
 * have to travel in the address.
 */
export async function sendRefusedRun(c: Context, deps: PagesDeps, request: { id: string; why: string }) {
  const page = await renderRun(deps, { id: request.id, answer: { done: false, sentence: request.why }, log: null });
  return page === null ? sendNotFound(c, deps) : c.html(page, 409);
}

function readLogRequest(c: Context): LogRequest | null {
  const phase = loggedPhases.find((name) => name === c.req.query('phase'));
  const from = readPositive(c.req.query('from'), 2 ** 40);
  return phase && from !== undefined ? { phase, from } : null;
}

async function renderRun(deps: PagesDeps, request: { id: string; answer: Answer | null; log: LogRequest | null }) {
  const run = isUuid(request.id) ? await findPageRun(deps.db, request.id) : undefined;
  if (!run) return null;
  const [plan, phases, live, holds, slots, logs] = await Promise.all([
    findPagePlan(deps.db, run),
    listPhases(deps.db, run.id),
    listLiveRuns(deps.db, run.stack_id),
    listHolds(deps.db, [run.stack_id]),
    countSlots(deps.db),
    loadLogs(deps, run, request.log),
  ]);
  const links = githubLinks(deps.githubServerUrl, run);
  const allowed = deps.pageUser !== null;
  const ended = isFinal(run.status);
  return RunPage({
    frame: frameFor(deps),
    answer: request.answer,
    run: toRunView(run, links),
    stack: { id: run.stack_id, name: run.stack_name },
    buttons: buttonsFor(run, plan, allowed),
    waits: ended ? null : waitView(run, { live, holds, links, slots }),
    approve: run.status === 'unconfirmed' && plan ? approveView(run, plan, { allowed, links }) : null,
    plan: plan
      ? {
          summary: plan.summary,
          adoptedFrom: plan.run_id === run.id ? null : { id: plan.run_id, number: plan.run_number },
        }
      : null,
    planFate: plan ? planFate(run, plan) : null,
    steps: run.apply_steps ?? [],
    outputs: run.outputs ?? [],
    failure: run.failure && { failure: run.failure, diagnostics: linkDiagnostics(run, run.failure.diagnostics, links) },
    warnings: linkDiagnostics(run, run.warnings ?? [], links),
    phases: toPhases(run, phases, { logs, opened: request.log?.phase ?? null }),
    refresh: refreshFor(run, request, allowed),
  });
}

/** A page with a form is not taken from under a reader without scripts; nor is a part of the log that they asked for. */
function refreshFor(run: PageRun, request: { answer: Answer | null; log: LogRequest | null }, allowed: boolean) {
  if (isFinal(run.status)) return null;
  const reading = request.log !== null || (run.status === 'unconfirmed' && allowed);
  const seconds = request.answer ? 8 : run.status === 'unconfirmed' ? 10 : 3;
  return { seconds, withoutScript: !reading };
}

async function loadLogs(deps: PagesDeps, run: PageRun, asked: LogRequest | null): Promise<Map<LoggedPhase, LogWindow>> {
  const windows = await Promise.all(
    loggedPhases.map(async (phase) => {
      const from = asked?.phase === phase ? asked.from : null;
      const window = await loadLogWindow(deps.db, { runId: run.id, phase }, from);
      return window ? [[phase, window] as const] : [];
    }),
  );
  return new Map(windows.flat());
}
