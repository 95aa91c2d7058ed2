import type { RunFailure } from '../run/failure.ts';
import type { LoggedPhase } from '../run/status.ts';
import { readConsoleDiagnostics, readValidateDiagnostics } from './diagnostics.ts';
import { withDiskAdvice } from './disk-full.ts';
import type { Execution } from './execution.ts';
import { checkStopped, commandFailure, refuse } from './failure.ts';
import { checkRecordedBackend } from './override-file.ts';
import { askEngine, type EngineResult, type EngineRun, runEngine } from './run-engine.ts';

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
  const args = ['init', '-input=false', ...(init.lockFileReadOnly ? ['-lockfile=readonly'] : [])];
  const result = await runEngine(execution, { ...alongside(init), args });
  if (!succeeded(result)) return failureOf(execution, init.phase, result);
  const refusal = await checkRecordedBackend(execution.workspace.module);
  return refusal === null ? null : refuse(init.phase, { headline: refusal, detail: refusal });
}

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
  const { answer } = await askEngine(execution, { phase, args: ['validate', '-json'], bare: true });
  if (answer === null) return null;
  const diagnostics = readValidateDiagnostics(Buffer.from(answer).toString(), execution.spec.rootModule);
  return diagnostics === undefined ? null : commandFailure(phase, { ...result, diagnostics });
}
