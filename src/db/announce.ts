import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

/** The channel on which every process hears which topics changed; see `changes.ts`. */
export const changesChannel = 'zenfra';

/** Of one run, so many announcements a second at most. */
const everyMs = 50;

/** Tells all processes that a run's log grew or that its apply went on. */
export interface Announcer {
  announce(topic: 'log' | 'run'): void;
  /** Sends what is still to be said. Nothing is sent later. */
  close(): Promise<void>;
}

/**
 * Announces apart from the write, after it and without keeping the writer waiting: a notification inside the write
 * makes the commits of all writers wait for each other (twenty of them then wrote a fifth as many chunks). What is lost
 * with a process that dies in between is found at a page's next look of its own.
 */
export function announcerFor(db: Kysely<Database>, runId: string): Announcer {
  const topics = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> | undefined;
  let closed = false;
  const send = async () => {
    const payload = [...topics].join(' ');
    topics.clear();
    // Not told, a watcher sees the change some seconds later: no reason to disturb the run.
    if (payload !== '') await sql`select pg_notify(${changesChannel}, ${payload})`.execute(db).catch(() => undefined);
  };
  const flush = () => {
    sending ??= send().then(() => {
      sending = undefined;
      if (!closed) timer = setTimeout(again, everyMs).unref();
    });
  };
  const again = () => {
    timer = undefined;
    if (topics.size > 0) flush();
  };
  return {
    announce: (topic) => {
      topics.add(`${topic}:${runId}`);
      if (timer === undefined && !closed) flush();
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await sending;
      await send();
    },
  };
}
