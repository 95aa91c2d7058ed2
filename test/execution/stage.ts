import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type {
  ApplySpec,
  ApplyStep,
  EngineBinary,
  ExternalState,
  PhaseSink,
  PlanSpec,
  SavedPlan,
  SourceBundle,
} from '../../src/execution/contract.ts';
import { SourceCopies } from '../../src/execution/source-copies.ts';
import { digestEntries, readSourceEntries } from '../../src/execution/source-digest.ts';
import type { LoggedPhase } from '../../src/run/status.ts';
import { type StateServer, startStateServer } from '../support/state-server.ts';

export const runId = '0199a5f0-8d3e-7c44-b5a0-0f6d6a1c9e11';

/** One stack on one worker: directories of its own, a state server, the real engine. */
export interface Stage {
  root: string;
  server: StateServer;
  /** A fresh sink, to be read after the execution. */
  sink(loggedBefore?: number): CollectingSink;
  source(files: Record<string, string>): Promise<SourceBundle>;
  planSpec(source: SourceBundle, changes?: Partial<PlanSpec>): PlanSpec;
  applySpec(source: SourceBundle, plan: SavedPlan, changes?: Partial<ApplySpec>): ApplySpec;
  /** A program that stands in for the engine: it records its arguments and environment and runs `script`. */
  standIn(script: string): EngineBinary;
  close(): Promise<void>;
}

export interface CollectingSink extends PhaseSink {
  phases: LoggedPhase[];
  calls: string[];
  bytes(phase: LoggedPhase): Buffer;
  text(phase: LoggedPhase): string;
  chunkSizes: number[];
  plan: SavedPlan | null;
  engine: EngineBinary | null;
  /** The state of the repository's own backend, as it was told before the apply. */
  external: ExternalState | null;
  /** Each progress that was told. */
  steps: (readonly ApplyStep[])[];
  refuseApply: string | null;
  /** Milliseconds that lie between the question whether to apply and its answer. */
  answerTook: number;
  stop: AbortController;
  /** Told after each piece of log. */
  onLog: (text: string) => void | Promise<void>;
  keep: boolean;
}

export async function openStage(): Promise<Stage> {
  const root = mkdtempSync(join(tmpdir(), 'zenfra-execution-'));
  const server = await startStateServer();
  const path = execFileSync('/bin/sh', ['-c', 'command -v terraform'], { encoding: 'utf8' }).trim();
  const engine: EngineBinary = { engine: 'terraform', path, version: '1.11.4' };
  let count = 0;
  const common = (source: SourceBundle) => ({
    directory: join(root, 'work', 'plan-1'),
    rootModule: '.',
    varFiles: [],
    engine,
    fetchSource: async () => source,
    hooks: {},
    pluginCacheDirectory: join(root, 'cache'),
    environment: {},
    inherited: { PATH: process.env.PATH },
    configurationBytes: 0,
    secrets: [],
    files: [],
    timeoutMs: 60_000,
  });
  return {
    root,
    server,
    sink: collectingSink,
    async source(files) {
      count += 1;
      return writeSource(join(root, `source-${count}`), files);
    },
    planSpec: (source, changes) => ({
      kind: 'plan',
      run: { id: runId, number: 128, type: 'tracked' },
      state: server.access('planner'),
      ...common(source),
      ...changes,
    }),
    applySpec: (source, plan, changes) => ({
      kind: 'apply',
      run: { id: runId, number: 128, type: 'tracked' },
      state: server.access('applier'),
      plan: { ...plan, sha256: createHash('sha256').update(plan.file).digest('hex') },
      adoptedFrom: null,
      ...common(source),
      ...changes,
    }),
    standIn(script) {
      count += 1;
      const path = join(root, `engine-${count}`);
      writeFileSync(path, `#!/bin/sh\n{ printf '%s ' "$@"; echo; env; echo; } >>'${root}/asked'\n${script}\n`);
      chmodSync(path, 0o755);
      return { ...engine, path };
    },
    async close() {
      await server.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function writeSource(directory: string, files: Record<string, string>): Promise<SourceBundle> {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
  const digest = digestEntries(await readSourceEntries(directory));
  return {
    directory,
    archiveBytes: 676,
    downloadMs: 824,
    digest,
    listings: new Map(),
    copies: copiesOf(directory),
  };
}

function copiesOf(source: string): SourceBundle['copies'] {
  const directory = `${source}-copies`;
  mkdirSync(directory);
  const copies = new SourceCopies(directory);
  return { take: (to) => copies.take(source, to), keep: (from) => copies.keep(source, from) };
}

/** `before`: what an earlier worker has logged of the apply. */
function collectingSink(before = 0): CollectingSink {
  const logs: Record<LoggedPhase, Buffer[]> = { preparing: [], initializing: [], planning: [], applying: [] };
  const logged: Record<LoggedPhase, number> = { preparing: 0, initializing: 0, planning: 0, applying: before };
  const stop = new AbortController();
  const bytes = (phase: LoggedPhase) => Buffer.concat(logs[phase]);
  const sink: CollectingSink = {
    phases: [],
    calls: [],
    chunkSizes: [],
    plan: null,
    engine: null,
    external: null,
    steps: [],
    refuseApply: null,
    answerTook: 0,
    keep: true,
    stop,
    signal: stop.signal,
    onLog: () => {},
    bytes,
    text: (phase) => bytes(phase).toString(),
    loggedBytes: (phase) => logged[phase],
    async enter(phase) {
      sink.phases.push(phase);
      sink.calls.push(phase);
    },
    async log(phase, chunk) {
      sink.chunkSizes.push(chunk.length);
      logged[phase] += chunk.length;
      if (sink.keep) logs[phase].push(Buffer.from(chunk));
      await sink.onLog(Buffer.from(chunk).toString());
    },
    async useEngine(engine) {
      sink.engine = engine;
    },
    async savePlan(plan) {
      sink.plan = plan;
      sink.calls.push('savePlan');
    },
    progress(steps) {
      sink.steps.push(structuredClone(steps));
    },
    async beginApply(external) {
      sink.external = external;
      sink.calls.push('beginApply');
      const { refuseApply } = sink;
      const askedAt = performance.now() - sink.answerTook;
      return refuseApply === null ? { ok: true, askedAt } : { ok: false, why: refuseApply };
    },
  };
  return sink;
}
