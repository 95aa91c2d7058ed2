import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type PhaseSink, SourceChanged } from '../execution/contract.ts';
import { executeApply } from '../execution/execute-apply.ts';
import { executePlan } from '../execution/execute-plan.ts';
import type { GitHub } from '../github/github.ts';
import { applyTimeoutMs, planTimeoutMs } from '../run/limits.ts';
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
  const start = async (assignment: Assignment, sink: PhaseSink) => {
    const cache = await slots.take();
    try {
      const spec = {
        run: assignment.run,
        directory: join(workDirectory, 'runs', assignment.planId),
        rootModule: assignment.rootModule,
        varFiles: assignment.varFiles,
        engine: assignment.engine,
        state: assignment.state,
        fetchSource: () => sources.fetch(assignment),
        pluginCacheDirectory: cache,
        environment: {},
        inherited: engineEnvironment,
        configurationBytes: 0,
      };
      if (!assignment.apply) return await executePlan({ ...spec, kind: 'plan', timeoutMs: planTimeoutMs }, sink);
      const { adoptedFrom, ...plan } = assignment.apply;
      return await executeApply({ ...spec, kind: 'apply', plan, adoptedFrom, timeoutMs: applyTimeoutMs }, sink);
    } catch (error) {
      if (error instanceof SourceChanged) await sources.drop(assignment);
      throw error;
    } finally {
      slots.giveBack(cache);
    }
  };
  return { findEngine: engineFinder(engineEnvironment), start };
}

/** A plugin cache is used by one execution at a time: two that download the same provider into one corrupt it. */
class PluginCaches {
  readonly #directory: string;
  readonly #free: string[] = [];
  #made = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async take(): Promise<string> {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    this.#made += 1;
    const directory = join(this.#directory, `${process.pid}-${this.#made}`);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return directory;
  }

  giveBack(directory: string): void {
    this.#free.push(directory);
  }
}
