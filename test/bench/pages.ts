import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { join } from 'node:path';
import { seedStack } from '../pages/seed.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Report, reportOf } from './report.ts';
import { newestRunId, seedHistory } from './seed-history.ts';
import { interleave, quantile, rounded } from './statistics.ts';

const sizes = { large: 1_000_000, small: 1_000 };
const rowsPerPage = 10;
const requestsPerRound = 10;
const aimRatio = 1.3;
const aimMs = 25;

interface History {
  database: TestDatabase;
  server: ChildProcess;
  url: string;
  /** Of the pages that are asked for, by what they are. */
  paths: Record<string, string>;
}

/** Milliseconds, by page. */
type Times = Map<string, number[]>;

/**
 * The Runs tab's first, 100th and last page, the tab with a filter that nothing matches, and a run's page, in a history
 * of a million runs against the same in one of a thousand, until the answer's first byte. Pages are found by keys in
 * indexes: the size must not show.
 */
export async function benchPages(rounds: number): Promise<Report> {
  const histories = [await openHistory(sizes.small), await openHistory(sizes.large)] as const;
  const [small, large] = histories;
  try {
    const times = { ours: new Map() as Times, baseline: new Map() as Times };
    await interleave(rounds, {
      ours: (round) => askAll(large, round === 0 ? new Map() : times.ours),
      baseline: (round) => askAll(small, round === 0 ? new Map() : times.baseline),
    });
    return report(times.ours, times.baseline);
  } finally {
    for (const { server, database } of histories) {
      server.disconnect();
      await database.drop();
    }
  }
}

function report(large: Times, small: Times): Report {
  const p95 = byPage(large, 0.95);
  const ratios = Object.fromEntries(
    [...large].map(([page, times]) => [page, ratioOf(quantile(times, 0.5), quantile(small.get(page) ?? [], 0.5))]),
  );
  const slow = Object.keys(p95).filter((page) => (p95[page] ?? 0) > aimMs);
  const grown = Object.keys(ratios).filter((page) => (ratios[page] ?? 0) > aimRatio);
  return reportOf({
    name: 'pages',
    what: `to the first byte of the Runs tab and the run page, ${sizes.large.toLocaleString('en-US')} runs`,
    against: `the same with ${sizes.small.toLocaleString('en-US')} runs`,
    aim: aimRatio,
    ours: [...large.values()].flat(),
    baseline: [...small.values()].flat(),
    detail: {
      p50: byPage(large, 0.5),
      p95,
      p50OfFew: byPage(small, 0.5),
      p95OfFew: byPage(small, 0.95),
      ratios,
      [`p95 of ${aimMs} ms`]: slow.length === 0 ? 'met' : `MISSED by ${slow.join(', ')}`,
      [`ratio of ${aimRatio} by page`]: grown.length === 0 ? 'met' : `MISSED by ${grown.join(', ')}`,
    },
  });
}

function byPage(times: Times, share: number): Record<string, number> {
  return Object.fromEntries([...times].map(([page, values]) => [page, rounded(quantile(values, share))]));
}

function ratioOf(ours: number, baseline: number): number {
  return Math.round((ours / baseline) * 100) / 100;
}

async function askAll({ url, paths }: History, times: Times): Promise<void> {
  for (const [page, path] of Object.entries(paths)) {
    const known = times.get(page) ?? [];
    times.set(page, known);
    for (let request = 0; request < requestsPerRound; request += 1) known.push(await firstByte(url + path));
  }
}

/** From the request to the first byte of the answer's body, in milliseconds. */
function firstByte(address: string): Promise<number> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    get(address, (answer) => {
      let took: number | undefined;
      if (answer.statusCode !== 200) reject(new Error(`${address} was answered with ${answer.statusCode}`));
      answer.on('data', () => {
        took ??= performance.now() - started;
      });
      answer.on('end', () => resolve(took ?? Number.POSITIVE_INFINITY));
    }).on('error', reject);
  });
}

async function openHistory(runs: number): Promise<History> {
  const database = await createTestDatabase();
  const { stackId } = await seedStack(database.db);
  await seedHistory(database.url, { stackId, runs });
  const server = fork(join(import.meta.dirname, 'watched-server.ts'), [database.url], {
    execArgv: ['--import', 'tsx'],
  });
  const [{ url }] = (await once(server, 'message')) as [{ url: string }];
  const tab = `/stacks/${stackId}?per_page=${rowsPerPage}`;
  const paths = {
    first: tab,
    '100th': `${tab}&before=${runs - 99 * rowsPerPage + 1}`,
    last: `${tab}&before=${rowsPerPage + 1}`,
    filtered: `${tab}&status=canceled`,
    run: `/runs/${await newestRunId(database.db)}`,
  };
  return { database, server, url, paths };
}
