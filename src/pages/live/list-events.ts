import { Hono } from 'hono';
import { findPagePullRequest } from '../../db/page-pull-request.ts';
import { hasPermission } from '../../run/checks.ts';
import type { PagesDeps } from '../deps.ts';
import { type PageContext, type PageEnv, viewerOf } from '../env.ts';
import { readPullRequestAddress } from '../parameters.ts';
import { sendNotFound } from '../respond.ts';
import { levelOn, seeStack } from '../see.ts';
import { frameOf } from './frames.ts';
import { openStream } from './open-stream.ts';

/**
 * Events of the lists: `GET /events` for the list of stacks, `/stacks/:id/events`, `/pr/:owner/:repository/:number/events`.
 * They say only that something has changed: the page fetches itself anew. Their position is a time.
 */
export function listEventRoutes(deps: PagesDeps): Hono<PageEnv> {
  return new Hono<PageEnv>()
    .get('/events', async (c) => {
      const ids = await visibleRepositories(c, deps);
      const maySee = async () => (await visibleRepositories(c, deps)).join() === ids.join();
      return watch(c, deps, { topics: ids.map((id) => `repository:${id}`), maySee });
    })
    .get('/stacks/:id/events', async (c) => {
      const see = () => seeStack(c, deps, c.req.param('id'));
      const stack = (await see())?.stack;
      if (!stack) return sendNotFound(c, deps);
      return watch(c, deps, { topics: [`stack:${stack.id}`], maySee: async () => (await see()) !== undefined });
    })
    .get('/pr/:owner/:repository/:number/events', async (c) => {
      const address = readPullRequestAddress(c.req.param());
      const pull = address && (await findPagePullRequest(deps.db, address));
      if (!pull) return sendNotFound(c, deps);
      const maySee = async () => hasPermission(await levelOn(c, deps, pull.repository_id), 'read');
      if (!(await maySee())) return sendNotFound(c, deps);
      return watch(c, deps, { topics: [`pull:${pull.repository_id}/${pull.number}`], maySee });
    });
}

/** Ends, so that the page connects again, when they become others. */
async function visibleRepositories(c: PageContext, deps: PagesDeps): Promise<number[]> {
  const rights = await deps.access.listRights(viewerOf(c));
  return [...rights]
    .flatMap(([id, level]) => (hasPermission(level, 'read') ? [id] : []))
    .sort((one, other) => one - other);
}

const pauseMs = 100;

function watch(
  c: PageContext,
  deps: PagesDeps,
  { topics, maySee }: { topics: string[]; maySee: () => Promise<boolean> },
): Response {
  let timer: NodeJS.Timeout | undefined;
  const say = () => {
    timer = undefined;
    outbox.push(frameOf({ event: 'changed', id: String(Date.now()) }));
  };
  const unsubscribe = deps.changes.subscribe(topics, () => {
    timer ??= setTimeout(say, pauseMs);
  });
  const onClose = () => {
    clearTimeout(timer);
    unsubscribe();
  };
  const { outbox, response } = openStream(c, deps, { onClose, maySee });
  const after = Number(c.req.header('Last-Event-ID') ?? c.req.query('after'));
  if (!(after > 0) || deps.changes.changedSince(topics, after)) say();
  return response;
}
