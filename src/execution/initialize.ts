import type { RunFailure } from '../run/failure.ts';
import type { LoggedPhase } from '../run/status.ts';
import { readConsoleDiagnostics, readValidateDiagnostics } from './diagnostics.ts';
import { withDiskAdvice } from './disk-full.ts';
import { type Execution, hasHook } from './execution.ts';
import { checkStopped, commandFailure, refuse } from './failure.ts';
import { changeOwner } from './hand-over.ts';
import { inTurn } from './in-turn.ts';
import { hasOwnUsers } from './isolation.ts';
import { checkRecordedBackend } from './override-file.ts';
import { checkOwnBackend } from './own-backend.ts';
import { keepProviders, type SeededCache, seedProviders } from './provider-cache.ts';
import { askEngine, type EngineResult, type EngineRun, runEngine } from './run-engine.ts';
import { userOf } from './run-user.ts';
import { earlyFileArguments, readsWithVariables } from './variable-files.ts';

export interface Initialization {
  phase: LoggedPhase;
  /** Configuration files that could not be searched for a backend. */
  unreadable: string[];
  /** Holds the providers to those of the lock file, which the plan was made with. */
  lockFileReadOnly: boolean;
  /** See `EngineRun.meanwhile`. */
  meanwhile?: () => Promise<void>;
}

/** Runs init, and makes sure of what it recorded. Returns the failure, or null. */
export async function initialize(execution: Execution, init: Initialization): Promise<RunFailure | null> {
  const stopped = checkStopped(init.phase, execution.sink, execution.deadline);
  if (stopped !== null) return stopped;
  if (init.unreadable.length > 0) return explainUnreadable(execution, init);
  const result = await runInit(execution, init);
  if (!succeeded(result)) return failureOf(execution, init.phase, result);
  const refusal = await checkBackend(execution);
  return refusal === null ? null : refuse(init.phase, { headline: refusal, detail: refusal });
}

/** What a hook between init and planning has made of it: a plan without our backend would begin with an empty state. */
export async function checkAfterHooks(execution: Execution): Promise<RunFailure | null> {
  if (!hasHook(execution, 'after_init') && !hasHook(execution, 'before_plan')) return null;
  const refusal = await checkBackend(execution);
  if (refusal === null) return null;
  const detail = `${refusal} It was right before the stack’s own commands: keep the files that lie beside the configuration, and .terraform.`;
  return refuse(execution.phase, { headline: refusal, detail });
}

function checkBackend(execution: Execution): Promise<string | null> {
  const { spec, workspace } = execution;
  if (spec.state === 'external') return checkOwnBackend(execution);
  return checkRecordedBackend(workspace.module, spec.state === 'none' ? 'local' : 'http');
}

/** Inits that will fetch what others may want too take turns: the later ones then find it, and fetch nothing. */
async function runInit(execution: Execution, init: Initialization): Promise<EngineResult> {
  const { spec, sink, workspace } = execution;
  const kept = spec.pluginCacheDirectory;
  const fixed = ['init', '-input=false', ...(init.lockFileReadOnly ? ['-lockfile=readonly'] : [])];
  const args = [...fixed, ...earlyFileArguments(execution)];
  const run = async (cache: SeededCache) => {
    const variables = cache.unlocked ? mayWriteLockFile : {};
    const handOver = hasOwnUsers(spec.isolation) && cache.linked > 0;
    if (handOver) await changeOwner([workspace.plugins], userOf(workspace.directory));
    const result = await runEngine(execution, { ...alongside(init), args, variables });
    // A hook may have left providers of its own making where init looks for them, such as in the home directory.
    if (succeeded(result) && !hasHook(execution, 'before_init')) await keepProviders(kept, workspace);
    return result;
  };
  const cache = await seedProviders(kept, workspace);
  if (cache.missing.length === 0) return run(cache);
  return inTurn(kept, sink.signal, async () => run(await seedProviders(kept, workspace)));
}

const mayWriteLockFile = { TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE: '1' };

/**
 * The engine's own words for a file that our parser cannot read, without backend and credential: a broken file may
 * hold a backend, and the engine sets that up before it complains.
 */
async function explainUnreadable(execution: Execution, init: Initialization): Promise<RunFailure> {
  const { phase, unreadable } = init;
  const args = ['init', '-input=false', '-backend=false'];
  const result = await runEngine(execution, { ...alongside(init), args, bare: true });
  if (!succeeded(result)) return failureOf(execution, phase, result);
  const headline = `${unreadable.join(', ')} cannot be read`;
  const detail = `Zenfra could not make sure that no backend is set up in ${unreadable.join(', ')}. Simplify the file, or move its terraform block to a file of its own.`;
  return refuse(phase, { headline, detail });
}

function alongside({ phase, meanwhile }: Initialization): Pick<EngineRun, 'phase' | 'meanwhile'> {
  return { phase, ...(meanwhile === undefined ? {} : { meanwhile }) };
}

export function succeeded({ end }: EngineResult): boolean {
  return end.exitCode === 0 && end.stopped === null;
}

/** For a command that failed before anything was changed. */
export async function failureOf(execution: Execution, phase: LoggedPhase, result: EngineResult): Promise<RunFailure> {
  const diagnostics = readConsoleDiagnostics(result.console, execution.spec.rootModule);
  return withDiskAdvice(commandFailure(phase, { ...result, diagnostics }), execution.spec.directory);
}

/**
 * Asks `validate` for the places in the configuration; it knows the end of a range and every error, where the console
 * has wrapped lines. Null if the configuration is valid in itself, so that the console must do.
 */
export async function validationFailure(
  execution: Execution,
  phase: LoggedPhase,
  result: EngineResult,
): Promise<RunFailure | null> {
  if (result.end.stopped !== null || checkStopped(phase, execution.sink, execution.deadline) !== null) return null;
  const args = ['validate', '-json', ...earlyFileArguments(execution)];
  const { answer } = await askEngine(execution, { phase, args, bare: !readsWithVariables(execution) });
  if (answer === null) return null;
  const diagnostics = readValidateDiagnostics(Buffer.from(answer).toString(), execution.spec.rootModule);
  return diagnostics === undefined ? null : commandFailure(phase, { ...result, diagnostics });
}
