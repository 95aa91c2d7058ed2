import type { RunFailure } from '../run/failure.ts';
import type { LoggedPhase } from '../run/status.ts';
import { readConsoleDiagnostics, readValidateDiagnostics } from './diagnostics.ts';
import { withDiskAdvice } from './disk-full.ts';
import { type Execution, hasHook } from './execution.ts';
import { checkStopped, commandFailure, refuse } from './failure.ts';
import { changeOwner } from './hand-over.ts';
import { hasOwnUsers } from './isolation.ts';
import { checkRecordedBackend } from './override-file.ts';
import { checkOwnBackend } from './own-backend.ts';
import { keepProviders, missingAmong, type SeededCache, seedProviders } from './provider-cache.ts';
import { noteUnkept, takeTurn, worthWaiting } from './provider-turns.ts';
import { askEngine, type EngineResult, type EngineRun, runEngine } from './run-engine.ts';
import { userOf } from './run-user.ts';
import { unlessStopped } from './unless-stopped.ts';
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

/**
 * Inits that will fetch the same take turns: the later ones then find it, and fetch nothing. A hook may have left
 * providers of its own making where init looks for them, such as in the home directory, so what comes after one is not
 * kept, and nobody waits for it.
 */
async function runInit(execution: Execution, init: Initialization): Promise<EngineResult> {
  const kept = execution.spec.pluginCacheDirectory;
  const cache = await seedProviders(kept, execution.workspace);
  if (hasHook(execution, 'before_init') || worthWaiting(cache.missing).length === 0) {
    return (await initWith(execution, init, cache)).result;
  }
  const turn = takeTurn(worthWaiting(cache.missing));
  try {
    await unlessStopped(execution, () => turn.came);
    const found = await seedProviders(kept, execution.workspace);
    if (worthWaiting(found.missing).length === 0) turn.leave();
    const { result, keeps } = await initWith(execution, init, found);
    if (keeps) noteUnkept(await missingAmong(kept, found.missing));
    return result;
  } finally {
    turn.leave();
  }
}

async function initWith(
  execution: Execution,
  init: Initialization,
  cache: SeededCache,
): Promise<{ result: EngineResult; keeps: boolean }> {
  const { spec, workspace } = execution;
  const fixed = ['init', '-input=false', ...(init.lockFileReadOnly ? ['-lockfile=readonly'] : [])];
  const args = [...fixed, ...earlyFileArguments(execution)];
  const variables = cache.unlocked ? mayWriteLockFile : {};
  if (hasOwnUsers(spec.isolation) && cache.linked > 0) {
    await changeOwner([workspace.plugins], userOf(workspace.directory));
  }
  const result = await runEngine(execution, { ...alongside(init), args, variables });
  const keeps = succeeded(result) && !hasHook(execution, 'before_init');
  if (keeps) await keepProviders(spec.pluginCacheDirectory, workspace);
  return { result, keeps };
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
