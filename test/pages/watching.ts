import type { AddressInfo } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import pino from 'pino';
import { announcerFor } from '../../src/db/announce.ts';
import { type Changes, listenForChanges } from '../../src/db/changes.ts';
import type { TestDatabase } from '../support/database.ts';
import { openPages } from './seed.ts';

/** A server of the pages over real HTTP, woken by the database. */
export interface LiveServer {
  url: string;
  /** What the buttons asked for. */
  asked: ReturnType<typeof openPages>['asked'];
  /** Topics that somebody waits for. */
  watched(): number;
  /** As at SIGTERM: streams end, then the server closes. Resolves when it has. */
  stop(): Promise<void>;
}

export async function serveLive(
  database: TestDatabase,
  options: Parameters<typeof openPages>[1] & { port?: number } = {},
): Promise<LiveServer> {
  const changes = listenForChanges({ databaseUrl: database.url, log: pino({ level: 'silent' }) });
  const counted = countWatched(changes);
  let fetchPage: (request: Request) => Response | Promise<Response>;
  const server = await new Promise<ServerType>((ready) => {
    const started = serve(
      { fetch: (request) => fetchPage(request), port: options.port ?? 0, hostname: '127.0.0.1' },
      () => ready(started),
    );
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { app, asked } = openPages(database.db, Object.assign(options, { url, changes: counted.changes }));
  fetchPage = (request) => app.fetch(request);
  return {
    url,
    asked,
    watched: counted.count,
    stop: async () => {
      await changes.close();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function countWatched(changes: Changes) {
  let count = 0;
  const subscribe: Changes['subscribe'] = (topics, wake) => {
    const unsubscribe = changes.subscribe(topics, wake);
    count += topics.length;
    return () => {
      count -= topics.length;
      unsubscribe();
    };
  };
  return { changes: { ...changes, subscribe }, count: () => count };
}

export interface ReceivedEvent {
  event: string;
  id: string | undefined;
  data: { phase: string; first: number; html: string; title: string; rows: string[]; status: string };
}

export interface EventReader {
  status: number;
  headers: Headers;
  /** The next event but a ping; undefined when the stream has ended. */
  next(): Promise<ReceivedEvent | undefined>;
  /** The next event of this name. Throws when the stream ends before it. */
  nextOf(event: string): Promise<ReceivedEvent>;
  close(): void;
}

/** Opens a stream as a browser does. `last` is the id of the last event it got; `after` what the page says. */
export async function openEvents(
  address: string,
  { after, last }: { after?: string; last?: string } = {},
): Promise<EventReader> {
  const abort = new AbortController();
  const response = await fetch(after === undefined ? address : `${address}?after=${after}`, {
    headers: { Accept: 'text/event-stream', ...(last === undefined ? {} : { 'Last-Event-ID': last }) },
    signal: abort.signal,
  });
  const events = readEvents(response);
  const next = async () => {
    for (;;) {
      const { value, done } = await events.next();
      if (done || value.event !== 'ping') return value ?? undefined;
    }
  };
  return {
    status: response.status,
    headers: response.headers,
    next,
    nextOf: async (name) => {
      for (;;) {
        const { value, done } = await events.next();
        if (done) throw new Error(`The stream ended before "${name}" came`);
        if (value.event === name) return value;
      }
    },
    close: () => abort.abort(),
  };
}

async function* readEvents(response: Response): AsyncGenerator<ReceivedEvent, undefined> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) yield parseEvent(block);
  }
}

function parseEvent(block: string): ReceivedEvent {
  const fields = new Map(
    block.split('\n').map((line) => {
      const at = line.indexOf(': ');
      return [line.slice(0, at), line.slice(at + 2)];
    }),
  );
  return { event: fields.get('event') ?? '', id: fields.get('id'), data: JSON.parse(fields.get('data') ?? 'null') };
}

/** Says that the run's log has grown, as its worker does. */
export async function announceLog(database: TestDatabase, runId: string): Promise<void> {
  const announcer = announcerFor(database.db, runId);
  announcer.announce('log');
  await announcer.close();
}

/** What a page says of its events. */
export async function openPage(url: string): Promise<{ html: string; events: string; after: string }> {
  const html = await (await fetch(url, { headers: { Accept: 'text/html' } })).text();
  const read = (name: string) => new RegExp(`data-${name}="([^"]*)"`).exec(html)?.[1] ?? '';
  return { html, events: read('events'), after: read('after') };
}
