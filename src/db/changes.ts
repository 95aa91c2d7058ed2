import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { changesChannel } from './announce.ts';

/**
 * What the database says has changed. A topic is a kind and an id: `run:<id>` (its facts), `log:<id>` (its log),
 * `stack:<id>`, `repository:<id>`, `pull:<repository>/<number>` (something in the list of it).
 */
export interface Changes {
  /** Calls `wake` with each of the topics that changes, and with all of them after the connection was away. */
  subscribe(topics: string[], wake: (topic: string) => void): () => void;
  /**
   * Whether one of the topics may have changed since then (milliseconds since 1970): also true when it cannot be
   * known, because this process has not listened for so long.
   */
  changedSince(topics: string[], since: number): boolean;
  /** Aborted when the process stops: open streams end then. */
  closed: AbortSignal;
  close(): Promise<void>;
}

const heartbeatMs = 30_000;
const longestPauseMs = 5_000;
/** Topics whose last change is remembered. */
const mostRemembered = 10_000;
/** By how much the clocks of two servers may differ. */
const clockSlackMs = 5_000;

/** Listens on one connection of its own, which is made anew when it is lost. */
export function listenForChanges({ databaseUrl, log }: { databaseUrl: string; log: Logger }): Changes {
  const wakers = new Map<string, Set<(topic: string) => void>>();
  const memory = rememberChanges();
  const controller = new AbortController();
  const tell = (topic: string) => {
    for (const wake of wakers.get(topic) ?? []) wake(topic);
  };
  const heard = (payload: string) => {
    for (const topic of payload.split(' ')) {
      memory.note(topic);
      tell(topic);
    }
  };
  const connected = () => {
    memory.reset();
    for (const topic of [...wakers.keys()]) tell(topic);
  };
  const listening = keepListening({
    databaseUrl,
    log,
    heard,
    connected,
    lost: memory.forget,
    signal: controller.signal,
  });
  return {
    subscribe: (topics, wake) => {
      for (const topic of topics) wakers.set(topic, (wakers.get(topic) ?? new Set()).add(wake));
      return () => {
        for (const topic of topics) {
          wakers.get(topic)?.delete(wake);
          if (wakers.get(topic)?.size === 0) wakers.delete(topic);
        }
      };
    },
    changedSince: memory.changedSince,
    closed: controller.signal,
    close: async () => {
      controller.abort();
      await listening;
    },
  };
}

/** When each topic changed last, as far back as this process has listened without a break. */
function rememberChanges() {
  let since = Number.POSITIVE_INFINITY;
  const last = new Map<string, number>();
  return {
    reset: () => {
      last.clear();
      since = Date.now();
    },
    forget: () => {
      since = Number.POSITIVE_INFINITY;
    },
    note: (topic: string) => {
      last.delete(topic);
      last.set(topic, Date.now());
      if (last.size <= mostRemembered) return;
      const [oldest] = last;
      if (!oldest) return;
      since = oldest[1];
      last.delete(oldest[0]);
    },
    changedSince: (topics: string[], then: number) => {
      const from = then - clockSlackMs;
      return !(since <= from) || topics.some((topic) => (last.get(topic) ?? 0) >= from);
    },
  };
}

interface Listening {
  databaseUrl: string;
  log: Logger;
  heard: (payload: string) => void;
  connected: () => void;
  lost: () => void;
  signal: AbortSignal;
}

async function keepListening(listening: Listening): Promise<void> {
  const { log, signal } = listening;
  for (let tries = 0; !signal.aborted; tries += 1) {
    try {
      await listenOnce(listening, () => {
        tries = 0;
      });
    } catch (error) {
      listening.lost();
      if (signal.aborted) return;
      log.warn({ err: error }, 'changes are not heard at present; connecting again');
      await sleep(Math.min(longestPauseMs, 100 * 2 ** tries), undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Resolves when it is told to stop, rejects when the connection is lost. */
async function listenOnce({ databaseUrl, heard, connected, signal }: Listening, ready: () => void): Promise<void> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'zenfra changes',
    connectionTimeoutMillis: 10_000,
    query_timeout: 10_000,
    keepAlive: true,
  });
  let heartbeat: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      client.on('error', reject);
      client.on('end', () => reject(new Error('The database closed the connection')));
      client.on('notification', ({ payload }) => heard(payload ?? ''));
      signal.addEventListener('abort', () => resolve(), { once: true });
      const start = async () => {
        await client.connect();
        await client.query(`listen ${changesChannel}`);
        ready();
        connected();
        // A connection that hangs half-open says nothing by itself.
        heartbeat = setInterval(() => client.query('select 1').catch(reject), heartbeatMs);
      };
      start().catch(reject);
    });
  } finally {
    clearInterval(heartbeat);
    client.removeAllListeners('end');
    await client.end().catch(() => undefined);
  }
}
