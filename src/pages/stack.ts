import { Hono } from 'hono';
import type { Answer } from '../../views/parts/notice.tsx';
import type { PagerView } from '../../views/parts/pager.tsx';
import { StackPage } from '../../views/stack.tsx';
import {
  countRunsForPage,
  listRunsForPage,
  listTriggeredBy,
  type RunsPage,
  type RunsQuery,
} from '../db/page-stack-runs.ts';
import { answerFor } from './answers.ts';
import type { PagesDeps } from './deps.ts';
import type { PageContext, PageEnv } from './env.ts';
import { type ListParameters, listAddress, listEvents, readListParameters } from './parameters.ts';
import { frameFor, sendMessage, sendNotFound } from './respond.ts';
import { toRunRow } from './run-columns.ts';
import { seeStack } from './see.ts';
import { loadStackView } from './stack-view.ts';

/** Runs are counted up to here; more are said to be "1,000+". */
const countLimit = 1_000;
const peopleLimit = 100;

/** `GET /stacks/:id`: a stack and its Runs tab. */
export function stackRoutes(deps: PagesDeps): Hono<PageEnv> {
  return new Hono<PageEnv>().get('/stacks/:id', async (c) => {
    const parameters = readListParameters(c.req.query());
    if (!parameters.ok) return sendMessage(c, deps, 400, parameters.why);
    const page = await renderStack(c, deps, {
      id: c.req.param('id'),
      list: parameters.list,
      answer: answerFor(c.req.query('done')),
    });
    return page === null ? sendNotFound(c, deps) : c.html(page);
  });
}

/** The page as the answer to a button that was refused. */
export async function sendRefusedStack(c: PageContext, deps: PagesDeps, request: { id: string; why: string }) {
  const list: ListParameters = { by: null, type: null, status: null, perPage: 25, cursor: null };
  const page = await renderStack(c, deps, { id: request.id, list, answer: { done: false, sentence: request.why } });
  return page === null ? sendNotFound(c, deps) : c.html(page, 409);
}

interface StackRequest {
  id: string;
  list: ListParameters;
  answer: Answer | null;
}

async function renderStack(c: PageContext, deps: PagesDeps, request: StackRequest) {
  const { id, list } = request;
  const seen = await seeStack(c, deps, id);
  if (!seen) return null;
  const { stack, may } = seen;
  const frame = frameFor(c, deps);
  const query: RunsQuery = { of: { stackId: id }, ...list };
  const [view, page, people, count] = await Promise.all([
    loadStackView(deps, seen),
    listRunsForPage(deps.db, query),
    listTriggeredBy(deps.db, id, peopleLimit),
    countRunsForPage(deps.db, query, countLimit + 1),
  ]);
  const address = `/stacks/${id}`;
  return StackPage({
    frame,
    answer: request.answer,
    may,
    stack: view,
    filter: list,
    people,
    runs: page.runs.map((run) => toRunRow(run, false)),
    matching: count > countLimit ? `${countLimit.toLocaleString('en-US')}+` : count.toLocaleString('en-US'),
    pager: pagerFor(address, list, page),
    refresh: stack.active
      ? { address: listAddress(address, list, list.cursor), seconds: 5, withoutScript: false }
      : null,
    events: listEvents(address, frame),
  });
}

/** Links to the neighbours, by the numbers at the page's two ends. */
export function pagerFor(address: string, list: ListParameters, { runs, hasNewer, hasOlder }: RunsPage): PagerView {
  const [first, last] = [runs[0], runs.at(-1)];
  // A page beyond either end has no rows to start from: then the way back is the newest page.
  if (!first || !last) return { newer: list.cursor ? listAddress(address, list, null) : null, older: null };
  return {
    newer: hasNewer ? listAddress(address, list, { after: first.number }) : null,
    older: hasOlder ? listAddress(address, list, { before: last.number }) : null,
  };
}
