import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type ApplySpec, type PhaseSink, SourceChanged } from '../execution/contract.ts';
import { executeApply, resumeApply } from '../execution/execute-apply.ts';
import { executePlan } from '../execution/execute-plan.ts';
import { findLeftApply, removeApply } from '../execution/left-apply.ts';
import { fateOf, ownIdentity } from '../execution/process-identity.ts';
import type { GitHub } from '../github/github.ts';
import { engineFinder } from './find-engine.ts';
import type { Assignment, Runner } from './runner.ts';
import { Sources } from './sources.ts';

export interface LocalRunnerOptions {
  github: GitHub;
  /** Work directories, sources and plugin caches are below it; the same path on all workers. */
  workDirectory: string;
  /** What the engine's processes get of this process's environment. */
  engineEnvironment: Record<string, string>;
}

/** Executions as child processes on this machine. */
export async function localRunner(options: LocalRunnerOptions): Promise<Runner> {
  const { workDirectory, engineEnvironment } = options;
  const sources = new Sources(options.github, join(workDirectory, 'sources', String(process.pid)));
  await sources.clear();
  const slots = new PluginCaches(join(workDirectory, 'plugins'));
  const directoryOf = (planId: string) => join(workDirectory, 'runs', planId);
  const specOf = (assignment: Assignment, pluginCacheDirectory: string) => ({
    run: assignment.run,
    directory: directoryOf(assignment.planId),
    rootModule: assignment.rootModule,
    varFiles: assignment.varFiles,
    hooks: assignment.hooks,
    engine: assignment.engine,
    state: assignment.state,
    fetchSource: () => sources.fetch(assignment),
    pluginCacheDirectory,
    environment: {},
    inherited: engineEnvironment,
    configurationBytes: 0,
    timeoutMs: assignment.timeoutMs,
  });
  const applySpec = ({ apply, ...assignment }: Applying, cache: string): ApplySpec => {
    const { adoptedFrom, ...plan } = apply;
    const spec = specOf({ ...assignment, apply }, cache);
    return { ...spec, kind: 'apply', plan, adoptedFrom };
  };
  const start = (assignment: Assignment, sink: PhaseSink) =>
    slots.use(async (cache) => {
      try {
        if (isApplying(assignment)) return await executeApply(applySpec(assignment, cache), sink);
        return await executePlan({ ...specOf(assignment, cache), kind: 'plan' }, sink);
      } catch (error) {
        if (error instanceof SourceChanged) await sources.drop(assignment);
        throw error;
      }
    });
  const resume = (assignment: Assignment, sink: PhaseSink, elapsedMs: number) =>
    slots.use(async (cache) => {
      if (!isApplying(assignment)) return null;
      const spec = applySpec(assignment, cache);
      return resumeApply({ ...spec, timeoutMs: Math.max(0, spec.timeoutMs - elapsedMs) }, sink);
    });
  return {
    ...engineFinder(engineEnvironment),
    start,
    resume,
    findApply: ({ planId, rootModule }) => findLeftApply(directoryOf(planId), rootModule),
    release: (planId) => removeApply(directoryOf(planId)),
    self: ownIdentity(),
    fateOf,
  };
}

/** A plugin cache is used by one execution at a time: two that download the same provider into one corrupt it. */
class PluginCaches {
  readonly #directory: string;
  readonly #free: string[] = [];
  #made = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Lends a cache for as long as the work takes. */
  async use<T>(work: (directory: string) => Promise<T>): Promise<T> {
    const directory = this.#free.pop() ?? (await this.#make());
    try {
      return await work(directory);
    } finally {
      this.#free.push(directory);
    }
  }

  async #make(): Promise<string> {
    this.#made += 1;
    const directory = join(this.#directory, `${process.pid}-${this.#made}`);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return directory;
  }
}

type Applying = Assignment & { apply: NonNullable<Assignment['apply']> };

function isApplying(assignment: Assignment): assignment is Applying {
  return assignment.apply !== null;
}
