import { Hono } from 'hono';
import type { Answer } from '../../views/parts/notice.tsx';
import type { PagerView } from '../../views/parts/pager.tsx';
import { StatePage } from '../../views/state.tsx';
import {
  countVersions,
  findNewestVersion,
  listRejectedStates,
  listVersionsForPage,
  type SerialCursor,
  type StateVersionsPage,
} from '../db/page-state.ts';
import { whyStateIsBusy } from '../state/stack-now.ts';
import { answerFor } from './answers.ts';
import type { PagesDeps } from './deps.ts';
import type { PageContext, PageEnv } from './env.ts';
import { readSerial } from './parameters.ts';
import { frameFor, sendNotFound } from './respond.ts';
import { seeStack } from './see.ts';
import { loadStackView } from './stack-view.ts';
import { diffState } from './state-diff.ts';
import { toVersionRow } from './version-row.ts';

const perPage = 25;
/** Versions are counted up to here; more are said to be "1,000+". */
const countLimit = 1_000;
const rejectedShown = 50;

/** `GET /stacks/:id/state`: a stack's State tab; `/state/diff` compares two versions. */
export function stateRoutes(deps: PagesDeps): Hono<PageEnv> {
  return new Hono<PageEnv>()
    .get('/stacks/:id/state', async (c) => {
      const request = { id: c.req.param('id'), cursor: readCursor(c), answer: answerFor(c.req.query('done')) };
      const page = await renderState(c, deps, request);
      return page === null ? sendNotFound(c, deps) : c.html(page);
    })
    .get('/stacks/:id/state/diff', (c) => diffState(c, deps));
}

/** The page as the answer to a button that was refused. */
export async function sendRefusedState(c: PageContext, deps: PagesDeps, request: { id: string; why: string }) {
  const answer: Answer = { done: false, sentence: request.why };
  const page = await renderState(c, deps, { id: request.id, cursor: null, answer });
  return page === null ? sendNotFound(c, deps) : c.html(page, 409);
}

function readCursor(c: PageContext): SerialCursor {
  const before = readSerial(c.req.query('before'));
  if (before !== undefined) return { before };
  const after = readSerial(c.req.query('after'));
  return after === undefined ? null : { after };
}

interface StateRequest {
  id: string;
  cursor: SerialCursor;
  answer: Answer | null;
}

async function renderState(c: PageContext, deps: PagesDeps, request: StateRequest) {
  const { id: stackId, cursor, answer } = request;
  const seen = await seeStack(c, deps, stackId);
  if (!seen) return null;
  const [stack, page, newest, count, rejected] = await Promise.all([
    loadStackView(deps, seen),
    listVersionsForPage(deps.db, { stackId, cursor, perPage }),
    findNewestVersion(deps.db, stackId),
    countVersions(deps.db, stackId, countLimit + 1),
    listRejectedStates(deps.db, stackId, rejectedShown),
  ]);
  return StatePage({
    ...{ frame: frameFor(c, deps), answer, stack, may: seen.may },
    versions: page.versions.map((version) => toVersionRow(version, newest?.id)),
    lineage: newest?.lineage ?? null,
    count: count > countLimit ? `${countLimit.toLocaleString('en-US')}+` : count.toLocaleString('en-US'),
    pager: pagerFor(`/stacks/${stackId}/state`, page),
    rejected: rejected.map((one) => ({
      ...{ id: one.id, reason: one.reason, size: one.size, createdAt: one.created_at },
      run: one.run_id === null || one.run_number === null ? null : { id: one.run_id, number: one.run_number },
    })),
    busy: newest && !seen.stack.external ? null : await whyStateIsBusy(deps.db, stackId, 'import'),
    maxBytes: deps.state.maxBytes,
    external: seen.stack.external,
  });
}

/** Links to the neighbours, by the serials at the page's two ends. */
function pagerFor(address: string, { versions, hasNewer, hasOlder }: StateVersionsPage): PagerView {
  const [first, last] = [versions[0], versions.at(-1)];
  if (!first || !last) return { newer: address, older: null };
  return {
    newer: hasNewer ? `${address}?after=${first.serial}` : null,
    older: hasOlder ? `${address}?before=${last.serial}` : null,
  };
}
