import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { appendLog } from '../../src/db/log-chunks.ts';
import type { PhaseSink, PlanSpec } from '../../src/execution/contract.ts';
import { openExecution } from '../../src/execution/execution.ts';
import { runEngine } from '../../src/execution/run-engine.ts';
import { emptyWorkspace } from '../../src/execution/workspace.ts';
import { type StateServer, startStateServer } from '../state/state-server.ts';
import { runShell } from './bare.ts';
import { type Report, reportOf } from './report.ts';
import { seedRun } from './seed-run.ts';
import { interleave, medians, timed } from './statistics.ts';
import { openWorld, type World } from './world.ts';

const lines = 100_000;
/** With the newline: 10 MB in all. */
const lineBytes = 100;

/** A long log, from the engine's output file to rows and on to the page, against `cat` to a file. */
export async function benchLog(rounds: number): Promise<Report> {
  const world = await openWorld();
  const server = await startStateServer({ url: world.databaseUrl });
  const printed = join(world.directory, 'printed.log');
  await writeFile(printed, Array.from({ length: lines }, (_, n) => `${lineOf(n)}\n`).join(''));
  try {
    const measured = await interleave(rounds, {
      ours: (round) => printOurs({ world, server, printed, round }),
      baseline: (round) => timed(() => runShell(`cat '${printed}' >'${join(world.directory, `copy-${round}`)}'`)),
    });
    const [rows] = [medians(measured.ours.map((one) => one.detail))];
    return reportOf({
      name: 'log',
      what: `${lines} lines (${(lines * lineBytes) / 1e6} MB) that an engine prints, until the page shows the last of them`,
      against: 'cat to a file',
      aim: null,
      ours: measured.ours.map((one) => one.ms),
      baseline: measured.baseline,
      detail: { ...rows, megabytesPerSecond: Math.round((lines * lineBytes) / 1e3 / rows.toRows) },
    });
  } finally {
    await server.close();
    await world.close();
  }
}

function lineOf(n: number): string {
  return `${String(n + 1).padStart(6, '0')} `.padEnd(lineBytes - 1, 'a line of an engine, as long as they are; ');
}

interface Round {
  world: World;
  server: StateServer;
  printed: string;
  round: number;
}

/** The engine is a program that prints; everything from its start on is what a run's plan goes through. */
async function printOurs({ world, server, printed, round }: Round) {
  const { runId } = await seedRun(server);
  const directory = join(world.directory, `ours-${round}`);
  const path = join(world.directory, 'engine');
  await writeFile(path, `#!/bin/sh\nexec cat '${printed}'\n`);
  await chmod(path, 0o755);
  const execution = openExecution(specOf({ runId, directory, path }), sinkOf(server, runId));
  await emptyWorkspace(execution.workspace);
  await mkdir(execution.workspace.module, { recursive: true });
  const memory = watchMemory();
  const toRows = await timed(() => runEngine(execution, { phase: 'planning', args: ['plan'] }));
  const grownBy = memory.stop();
  const page = await timed(() => readPage(world, runId));
  return { ms: toRows + page, detail: { toRows, page, ...grownBy } };
}

async function readPage({ stage }: World, runId: string): Promise<void> {
  const page = await (await fetch(`${stage.url}/runs/${runId}`)).text();
  if (!page.includes(lineOf(lines - 1).trim())) throw new Error('The page does not show the last line of the log');
}

function sinkOf({ db }: StateServer, runId: string): PhaseSink {
  let seq = 0;
  return {
    enter: async () => {},
    log: async (phase, bytes) => {
      seq += 1;
      const taken = await appendLog(db, { runId, generation: 0 }, { phase, seq, bytes });
      if (!taken) throw new Error('The log was not taken');
    },
    loggedBytes: () => 0,
    useEngine: async () => {},
    savePlan: async () => {},
    progress: () => {},
    beginApply: async () => ({ ok: false, why: 'It only plans' }),
    signal: new AbortController().signal,
  };
}

function specOf(of: { runId: string; directory: string; path: string }): PlanSpec {
  return {
    kind: 'plan',
    run: { id: of.runId, number: 1, type: 'plan_only' },
    directory: of.directory,
    rootModule: '.',
    varFiles: [],
    engine: { engine: 'terraform', path: of.path, version: '1.0.0' },
    state: { address: 'http://127.0.0.1:9/state/none', username: '', password: '' },
    hooks: {},
    fetchSource: () => Promise.reject(new Error('There is no source')),
    pluginCacheDirectory: of.directory,
    environment: {},
    inherited: { PATH: process.env.PATH },
    configurationBytes: 0,
    secrets: [],
    files: [],
    timeoutMs: 60_000,
  };
}

/** Resident memory of this process, which is the worker here: the most it had, and by how much it grew for that. */
function watchMemory() {
  const before = process.memoryUsage.rss();
  let most = before;
  const look = () => {
    most = Math.max(most, process.memoryUsage.rss());
  };
  const timer = setInterval(look, 5);
  return {
    stop() {
      look();
      clearInterval(timer);
      return { memoryMB: most / 1e6, memoryGrewMB: (most - before) / 1e6 };
    },
  };
}
