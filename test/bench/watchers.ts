import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import pino from 'pino';
import { announcerFor } from '../../src/db/announce.ts';
import { connect } from '../../src/db/connect.ts';
import { appendLog } from '../../src/db/log-chunks.ts';
import type { Database } from '../../src/db/schema.ts';
import { seedPhase, seedRun, seedStack } from '../pages/seed.ts';
import { openPage } from '../pages/watching.ts';
import { figureOf, type Report } from './report.ts';
import { rounded } from './statistics.ts';
import { untilTrue } from './wait.ts';
import type { ServerFigures } from './watched-server.ts';
import { openWorld } from './world.ts';

const watchers = 500;
const writes = 200;
/** As often as a worker looks for an engine's output. */
const writeEveryMs = 75;
const aimMs = 200;

/** From the write of a line to its event, at each of 500 watchers of one run. */
export async function benchWatchers(): Promise<Report> {
  const world = await openWorld();
  const { db } = connect(world.databaseUrl, pino({ level: 'warn' }));
  const child = fork(join(import.meta.dirname, 'watched-server.ts'), [world.databaseUrl], {
    execArgv: ['--import', 'tsx'],
  });
  try {
    const [{ url }] = (await once(child, 'message')) as [{ url: string }];
    const run = await startRun(db);
    const idle = await askFigures(child);
    const delays: number[] = [];
    const requests = await watch(`${url}/runs/${run.id}`, delays);
    const before = await askFigures(child);
    const started = performance.now();
    await writeLines(run);
    await untilTrue('everybody has each line', () => delays.length === watchers * writes, 20);
    const took = performance.now() - started;
    const after = await askFigures(child);
    for (const request of requests) request.destroy();
    return reportOn(delays, { idle, before, after, took });
  } finally {
    child.disconnect();
    await db.destroy();
    await world.close();
  }
}

async function startRun(db: Kysely<Database>) {
  const stack = await seedStack(db);
  const id = await seedRun(stack, {
    ...{ type: 'plan_only', status: 'planning', lease_generation: 1 },
    lease_expires_at: new Date(Date.now() + 3_600_000),
  });
  await seedPhase(db, id, 'planning', { at: new Date() });
  const announcer = announcerFor(db, id);
  let seq = 0;
  const say = async (text: string) => {
    seq += 1;
    await appendLog(db, { runId: id, generation: 1 }, { phase: 'planning', seq, bytes: Buffer.from(text) });
    announcer.announce('log');
  };
  return { id, say };
}

/** Each line carries the moment it was handed to the database. */
async function writeLines({ say }: { say: (text: string) => Promise<void> }): Promise<void> {
  for (let n = 0; n < writes; n += 1) {
    await say(`written at ${Date.now()} ms\n`);
    await sleep(writeEveryMs);
  }
}

async function watch(address: string, delays: number[]): Promise<IncomingMessage[]> {
  const page = await openPage(address);
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
  const events = `${address}/events?after=${page.after}`;
  return Promise.all(
    Array.from(
      { length: watchers },
      () =>
        new Promise<IncomingMessage>((resolve, reject) => {
          get(events, { agent }, (response) => {
            response.setEncoding('utf8');
            response.on('data', (text: string) => {
              resolve(response);
              for (const [, at] of text.matchAll(/written at (\d+) ms/g)) delays.push(Date.now() - Number(at));
            });
          }).on('error', reject);
        }),
    ),
  );
}

async function askFigures(child: ChildProcess): Promise<ServerFigures> {
  child.send('figures');
  const [figures] = (await once(child, 'message')) as [ServerFigures];
  return figures;
}

interface Figures {
  idle: ServerFigures;
  before: ServerFigures;
  after: ServerFigures;
  took: number;
}

function reportOn(delays: number[], { idle, before, after, took }: Figures): Report {
  const sorted = delays.toSorted((one, other) => one - other);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
  return figureOf({
    name: 'watchers',
    unit: 'ms',
    ours: at(0.95),
    aim: aimMs,
    detail: {
      ours: `p95 from the write of a line to its event, ${watchers} watchers of one run, ${writes} writes`,
      p50: at(0.5),
      p95: at(0.95),
      most: at(1),
      serverCpuPercent: rounded(((after.cpuMs - before.cpuMs) / took) * 100),
      serverMemoryMB: rounded(after.memoryMB),
      memoryForTheWatchersMB: rounded(after.memoryMB - idle.memoryMB),
    },
  });
}
