import type { PagesDeps } from '../deps.ts';
import type { PageContext } from '../env.ts';
import { readViewer } from '../sign-in.ts';
import { frameOf } from './frames.ts';
import { Outbox } from './outbox.ts';

const pingEveryMs = 15_000;
/** Whether the reader may still see it is looked at with every so many pings: within a minute. */
const pingsPerCheck = 3;

interface StreamOptions {
  /** Called once, when the reader has gone or the stream has ended. */
  onClose: () => void;
  /** Whether the reader, who is looked up anew, may still see this. */
  maySee: () => Promise<boolean>;
}

/**
 * A stream of events as an answer, and where to put them. It is pinged, and it ends when the process stops, when the
 * session does and when the right to see is gone.
 */
export function openStream(
  c: PageContext,
  deps: Pick<PagesDeps, 'changes' | 'access' | 'publicUrl' | 'log'>,
  { onClose, maySee }: StreamOptions,
): { outbox: Outbox; response: Response } {
  const { closed } = deps.changes;
  const stop = () => outbox.end();
  const outbox = new Outbox(() => {
    clearInterval(timer);
    closed.removeEventListener('abort', stop);
    onClose();
  });
  let pings = 0;
  const timer = setInterval(() => {
    outbox.push(frameOf({ event: 'ping' }));
    pings += 1;
    if (pings % pingsPerCheck === 0) void check();
  }, pingEveryMs);
  const check = async () => {
    try {
      const viewer = await readViewer(c, deps);
      if (viewer) c.set('viewer', viewer);
      if (!viewer || !(await maySee())) stop();
    } catch (error) {
      deps.log.warn({ err: error }, 'whether somebody may still watch could not be found out; their stream ends');
      stop();
    }
  };
  closed.addEventListener('abort', stop);
  outbox.push(frameOf({ event: 'ping' }));
  // Nobody reads the body of an answer to HEAD.
  if (closed.aborted || c.req.method === 'HEAD') stop();
  return { outbox, response: c.body(outbox.stream, 200, streamHeaders) };
}

/** `no-transform` and the header for nginx: who gathers or compresses the answer keeps the events back. */
const streamHeaders = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-transform',
  'X-Accel-Buffering': 'no',
};
