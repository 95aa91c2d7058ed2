import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import pino from 'pino';
import { announcerFor } from '../../src/db/announce.ts';
import { listenForChanges } from '../../src/db/changes.ts';
import { appendLog } from '../../src/db/log-chunks.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { linesOf, ShownLines } from './live-lines.ts';
import { openPages, type Seeded, seedPhase, seedRun, seedStack } from './seed.ts';
import { announceLog, type LiveServer, openEvents, openPage, serveLive } from './watching.ts';

let base: TestDatabase;
let stack: Seeded;

before(async () => {
  base = await createTestDatabase();
  stack = await seedStack(base.db);
});

after(() => base.drop());

const piece = fc.constantFrom(
  ...[
    'a',
    'line of text',
    '\n',
    '\n',
    '\n\n',
    '\r',
    '\r\n',
    'ä€😀',
    '\u001b[1;31mred',
    '\u001b[0m',
    '<b>&amp;',
    '\u0000',
  ],
  'https://example.com/x ',
  'x'.repeat(3000),
);
const log = fc.array(piece, { minLength: 20, maxLength: 80 }).map((pieces) => Buffer.from(pieces.join('')));
/** What happens one after the other: bytes are written, an event is awaited, the connection breaks, a server stops. */
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ act: fc.constant('write' as const), bytes: fc.integer({ min: 1, max: 400 }) }) },
  { weight: 4, arbitrary: fc.record({ act: fc.constant('read' as const) }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('disconnect' as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('restart' as const) }) },
);

test('whatever breaks and whenever, page and events together show each line of the log once', {
  timeout: 120_000,
}, async () => {
  const arbitrary = fc.tuple(log, fc.integer({ min: 0, max: 30 }), fc.array(step, { minLength: 10, maxLength: 40 }));
  await fc.assert(
    fc.asyncProperty(arbitrary, async ([bytes, before, steps]) => followLog(bytes, before, steps)),
    { numRuns: 20 },
  );
});

test('of a reader that takes nothing, no more than a few megabytes are kept: its stream ends', {
  timeout: 60_000,
}, async () => {
  const runId = await seedRun(stack, { type: 'plan_only', status: 'planning' });
  await seedPhase(base.db, runId, 'planning', { at: new Date() });
  const chunk = `${'y'.repeat(8191)}\n`.repeat(8);
  const chunks = (first: number, count: number) =>
    Array.from({ length: count }, (_, at) => ({ seq: first + at, first_line: (first + at - 1) * 8 })).map((place) => ({
      ...{ run_id: runId, phase: 'planning' as const, bytes: Buffer.from(chunk), lines: 8, ...place },
    }));
  await base.db.insertInto('log_chunks').values(chunks(1, 4)).execute();
  const changes = listenForChanges({ databaseUrl: base.url, log: pino({ level: 'silent' }) });
  try {
    await new Promise<void>((gone) => {
      const subscribe: typeof changes.subscribe = (topics, wake) => {
        const unsubscribe = changes.subscribe(topics, wake);
        return () => {
          unsubscribe();
          gone();
        };
      };
      const { app } = openPages(base.db, { changes: { ...changes, subscribe } });
      Promise.resolve(app.request(`/runs/${runId}/events`)).then(async () => {
        await base.db.insertInto('log_chunks').values(chunks(5, 140)).execute();
        await announceLog(base, runId);
      });
    });
  } finally {
    await changes.close();
  }
});

type Step = { act: 'write'; bytes: number } | { act: 'read' | 'disconnect' | 'restart' };

async function followLog(bytes: Buffer, before: number, steps: Step[]): Promise<void> {
  // Two servers of one database, used in turn.
  const servers = [await serveLive(base), await serveLive(base)];
  try {
    await followOn(servers, { bytes, before, steps });
  } finally {
    for (const one of servers) await one.stop();
  }
}

interface Story {
  bytes: Buffer;
  before: number;
  steps: Step[];
}

async function followOn(servers: LiveServer[], { bytes, before, steps }: Story): Promise<void> {
  const writer = await startLog(bytes);
  await writer.write(before);
  const server = () => servers[0] ?? assert.fail();
  const page = await openPage(`${server().url}/runs/${writer.runId}`);
  const shown = new ShownLines(page.html);
  let last: string | undefined;
  let stream: Awaited<ReturnType<typeof openEvents>> | undefined;
  const connect = async () =>
    openEvents(`${server().url}${page.events}`, last === undefined ? { after: page.after } : { last });
  const disconnect = () => {
    stream?.close();
    stream = undefined;
    servers.reverse();
  };
  const read = async () => {
    stream ??= await connect();
    const event = await stream.next();
    if (event?.id !== undefined) last = event.id;
    if (event?.event === 'log') shown.take(event);
    return event?.event;
  };
  for (const one of steps) {
    if (one.act === 'write') await writer.write(one.bytes);
    else if (one.act === 'disconnect') disconnect();
    else if (one.act === 'restart') {
      await servers.shift()?.stop();
      servers.push(await serveLive(base));
      stream?.close();
      stream = undefined;
    } else if (shown.lines.length < writer.completeLines()) await read();
  }
  await writer.end();
  while ((await read()) !== 'end');
  assert.deepEqual(shown.lines, linesOf(bytes));
  disconnect();
  assert.equal((await openEvents(`${server().url}${page.events}`, { last: last ?? '' })).status, 204);
}

/** A run whose worker writes this log, a few bytes at a time. */
async function startLog(bytes: Buffer) {
  const runId = await seedRun(stack, {
    type: 'plan_only',
    status: 'planning',
    lease_generation: 1,
    lease_expires_at: new Date(Date.now() + 600_000),
  });
  await seedPhase(base.db, runId, 'planning', { at: new Date() });
  const announcer = announcerFor(base.db, runId);
  let at = 0;
  let seq = 0;
  const write = async (count: number) => {
    const chunk = bytes.subarray(at, at + count);
    at += chunk.length;
    if (chunk.length === 0) return;
    seq += 1;
    assert.ok(await appendLog(base.db, { runId, generation: 1 }, { phase: 'planning', seq, bytes: chunk }));
    announcer.announce('log');
  };
  const end = async () => {
    while (at < bytes.length) await write(777);
    await announcer.close();
    await base.db
      .updateTable('runs')
      .set({ status: 'finished', ended_at: new Date(), lease_expires_at: null })
      .where('id', '=', runId)
      .execute();
  };
  return { runId, write, end, completeLines: () => bytes.subarray(0, at).filter((byte) => byte === 10).length };
}
