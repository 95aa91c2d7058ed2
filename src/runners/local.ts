import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { clearLeft } from '../execution/clear-left.ts';
import {
  type ApplySpec,
  type ChooseEngine,
  type EngineBinary,
  type PhaseSink,
  SourceChanged,
} from '../execution/contract.ts';
import { executeApply, resumeApply } from '../execution/execute-apply.ts';
import { executePlan } from '../execution/execute-plan.ts';
import type { Isolation } from '../execution/isolation.ts';
import { findLeftApply, removeApply } from '../execution/left-apply.ts';
import { fateOf, ownIdentity } from '../execution/process-identity.ts';
import type { GitHub } from '../github/github.ts';
import { type EngineFinder, type EngineSettings, engineFinder } from './engines/find-engine.ts';
import { readWish } from './engines/wish.ts';
import type { Assignment, Runner } from './runner.ts';
import { Sources } from './sources.ts';

export interface LocalRunnerOptions {
  github: GitHub;
  /** Work directories, sources and plugin caches are below it; the same path on all workers. */
  workDirectory: string;
  /** What the engine's processes get of this process's environment. */
  engineEnvironment: Record<string, string>;
  engines: EngineSettings;
  isolation: Isolation;
}

/** Executions as child processes on this machine. */
export async function localRunner(options: LocalRunnerOptions): Promise<Runner> {
  const { workDirectory, engineEnvironment } = options;
  const finder = engineFinder(engineEnvironment, options.engines);
  const sources = new Sources(options.github, join(workDirectory, 'sources', randomUUID()));
  const directoryOf = (planId: string) => join(workDirectory, 'runs', planId);
  const specOf = (assignment: Assignment) => ({
    run: assignment.run,
    directory: directoryOf(assignment.planId),
    rootModule: assignment.rootModule,
    varFiles: assignment.varFiles,
    hooks: assignment.hooks,
    engine: chooseEngine(finder, assignment),
    state: assignment.state,
    secrets: [...(typeof assignment.state === 'string' ? [] : [assignment.state.password]), ...assignment.secrets],
    fetchSource: () => sources.fetch(assignment),
    pluginCacheDirectory: join(workDirectory, 'plugins'),
    environment: assignment.environment,
    files: assignment.files,
    inherited: engineEnvironment,
    isolation: options.isolation,
    configurationBytes: assignment.configurationBytes,
    timeoutMs: assignment.timeoutMs,
  });
  const applySpec = ({ apply, ...assignment }: Applying): ApplySpec => {
    const { adoptedFrom, ...plan } = apply;
    return { ...specOf({ ...assignment, apply }), kind: 'apply', plan, adoptedFrom };
  };
  const start = async (assignment: Assignment, sink: PhaseSink) => {
    const letGo = sources.hold(assignment);
    try {
      if (isApplying(assignment)) return await executeApply(applySpec(assignment), sink);
      return await executePlan({ ...specOf(assignment), kind: 'plan' }, sink);
    } catch (error) {
      if (error instanceof SourceChanged) await sources.drop(assignment);
      throw error;
    } finally {
      letGo();
    }
  };
  const resume = async (assignment: Assignment, sink: PhaseSink, elapsedMs: number) => {
    if (!isApplying(assignment)) return null;
    const spec = { ...applySpec(assignment), engine: await engineAtWork(finder, assignment) };
    return resumeApply({ ...spec, timeoutMs: Math.max(0, spec.timeoutMs - elapsedMs) }, sink);
  };
  return {
    listEngines: finder.listEngines,
    start,
    resume,
    findApply: ({ planId, rootModule }) => findLeftApply(directoryOf(planId), rootModule),
    release: (planId) => removeApply(directoryOf(planId)),
    clearLeft: atMostEvery(clearEveryMs, async (isRecorded) => {
      await clearLeft(join(workDirectory, 'runs'), isRecorded);
      await clearLeft(join(workDirectory, 'sources'));
    }),
    self: ownIdentity(),
    fateOf,
  };
}

const clearEveryMs = 60_000;

function atMostEvery<A>(ms: number, act: (about: A) => Promise<void>): (about: A) => Promise<void> {
  let next = 0;
  return async (about) => {
    if (performance.now() < next) return;
    next = performance.now() + ms;
    await act(about);
  };
}

function chooseEngine(finder: EngineFinder, { engine, rootModule }: Assignment): ChooseEngine {
  return async (source, tell) => {
    const wish = await readWish(engine, { source: source.directory, rootModule });
    return 'missing' in wish ? wish : finder.findEngine(wish, tell);
  };
}

/** Of an apply that goes on: should its program be gone from here by now, only its outputs cannot be asked for. */
async function engineAtWork(finder: EngineFinder, { engine, rootModule }: Applying): Promise<EngineBinary> {
  const wish = await readWish(engine, { source: '', rootModule });
  const found = 'missing' in wish ? wish : await finder.findEngine(wish);
  if (!('missing' in found)) return found;
  const name = engine.engine ?? 'terraform';
  return { engine: name, path: name, version: engine.version ?? '' };
}

type Applying = Assignment & { apply: NonNullable<Assignment['apply']> };

function isApplying(assignment: Assignment): assignment is Applying {
  return assignment.apply !== null;
}
