import { Hono } from 'hono';
import { type LogEnds, readChunksAfter } from '../../db/log-tail.ts';
import { type LoggedPhase, loggedPhases } from '../../run/status.ts';
import type { PagesDeps } from '../deps.ts';
import { type PageContext, type PageEnv, viewerOf } from '../env.ts';
import { sendNotFound } from '../respond.ts';
import { seeRun } from '../see.ts';
import { frameOf } from './frames.ts';
import { runHubs } from './hubs.ts';
import { openLogCursor } from './log-cursor.ts';
import { openStream } from './open-stream.ts';
import type { Outbox } from './outbox.ts';
import { formatPosition, type Position, parsePosition } from './position.ts';
import { renderLines } from './render-swap.ts';
import type { RunHub, RunWatcher } from './run-hub.ts';

/**
 * `GET /runs/:id/events`: what a run's page does not show yet, and then what changes, until the run has ended. It goes
 * on from the position in `Last-Event-ID`, or in `?after=` at the first time. 204 when nothing more will come.
 */
export function runEventRoutes(deps: PagesDeps): Hono<PageEnv> {
  const hubs = runHubs(deps);
  return new Hono<PageEnv>().get('/runs/:id/events', async (c) => {
    const seen = await seeRun(c, deps, c.req.param('id'));
    if (!seen) return sendNotFound(c, deps);
    const runId = seen.run.id;
    const leave = once(() => hubs.leave(runId));
    try {
      const hub = await hubs.enter(runId);
      if (!hub) throw new Error(`Run ${runId} is gone`);
      await hub.refresh();
      const from = parsePosition(c.req.header('Last-Event-ID') ?? c.req.query('after'));
      if (!hub.isOver(from)) return watch(c, deps, { hub, from, leave, may: seen.may });
    } catch (error) {
      leave();
      throw error;
    }
    leave();
    return c.body(null, 204);
  });
}

interface Watch {
  hub: RunHub;
  from: Position;
  leave: () => void;
  may: RunWatcher['level'];
}

function watch(c: PageContext, deps: PagesDeps, { hub, from, leave, may }: Watch): Response {
  const onClose = () => {
    hub.remove(watcher);
    leave();
  };
  const maySee = async () => {
    const seen = await seeRun(c, deps, c.req.param('id') ?? '');
    if (seen && seen.may !== watcher.level) {
      watcher.level = seen.may;
      watcher.send(hub.wholePage(watcher, hub.shown.ends));
    }
    return seen !== undefined;
  };
  // Until what the page lacks is sent, what is new waits behind it.
  let caughtUp = false;
  const watcher: RunWatcher = {
    level: may,
    formToken: viewerOf(c).formToken,
    send: (frame) => (caughtUp ? outbox.push(frame) : outbox.hold(frame)),
    end: () => caughtUp && outbox.end(),
  };
  const { outbox, response } = openStream(c, deps, { onClose, maySee });
  const release = () => {
    caughtUp = true;
    outbox.release();
    if (hub.over) outbox.end();
  };
  if (!outbox.ended) {
    hub.add(watcher);
    catchUp({ deps, hub, outbox, watcher, from }).then(release, (error: unknown) => {
      deps.log.warn({ err: error }, 'a watcher could not be brought up to date; its stream ends');
      outbox.end();
    });
  }
  return response;
}

interface CatchUp {
  deps: PagesDeps;
  hub: RunHub;
  outbox: Outbox;
  watcher: RunWatcher;
  from: Position;
}

/** Sends what lies between the page and what the others have been sent, as fast as it is taken. */
async function catchUp({ deps, hub, outbox, watcher, from }: CatchUp): Promise<void> {
  const { shown } = hub;
  const ended = hub.over;
  const ends = { ...from.ends };
  if (from.version !== shown.version) outbox.push(hub.wholePage(watcher, ends));
  const runId = hub.runId;
  for (const phase of loggedPhases) {
    if (ends[phase] >= shown.ends[phase]) continue;
    for await (const { end, lines } of readBetween(
      deps,
      { runId, phase },
      { from: ends[phase], to: shown.ends[phase] },
    )) {
      ends[phase] = end;
      if (!lines) continue;
      const data = { phase, first: lines.first, html: renderLines(lines) };
      outbox.push(frameOf({ event: 'log', id: formatPosition({ version: shown.version, ends }), data }));
      await outbox.drained();
      if (outbox.ended) return;
    }
  }
  if (ended) outbox.push(frameOf({ event: 'end', id: formatPosition(shown) }));
}

/** No chunk has so high a number. */
const last = 2 ** 31 - 1;
const noneOf: LogEnds = { preparing: last, initializing: last, planning: last, applying: last };

async function* readBetween(
  { db }: PagesDeps,
  log: { runId: string; phase: LoggedPhase },
  { from, to }: { from: number; to: number },
) {
  const cursor = await openLogCursor(db, log, from);
  while (cursor.end() < to) {
    const { chunks } = await readChunksAfter(db, log.runId, { ...noneOf, [log.phase]: cursor.end() });
    const wanted = chunks.filter((chunk) => chunk.seq <= to);
    if (wanted.length === 0) return;
    const lines = cursor.read(wanted);
    yield { end: cursor.end(), lines };
  }
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}
