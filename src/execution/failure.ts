import { type Diagnostic, longestDetail, type RunFailure } from '../run/failure.ts';
import type { LoggedPhase } from '../run/status.ts';
import { type Console, describeConsole, readConsole } from './console-text.ts';
import { LeaseLost, type PhaseSink } from './contract.ts';
import { readConsoleDiagnostics } from './diagnostics.ts';
import type { EngineEnd } from './follow-engine.ts';

/** Why we do not go on: a sentence for the title, and what to do about it. */
export interface Refusal {
  headline: string;
  detail: string;
  diagnostics?: Diagnostic[];
}

export function refuse(phase: LoggedPhase, refusal: Refusal): RunFailure {
  return { phase, reason: 'refused', diagnostics: [], ...refusal };
}

const doing: Record<LoggedPhase, string> = {
  preparing: 'Preparing',
  initializing: 'Initializing',
  planning: 'Planning',
  applying: 'Applying',
};

/** A failure for a run that was stopped between two commands; null if it goes on. Throws `LeaseLost` if it is not ours. */
export function checkStopped(phase: LoggedPhase, sink: PhaseSink, deadline: number): RunFailure | null {
  if (sink.signal.aborted) {
    if (sink.signal.reason === 'lease_lost') throw new LeaseLost('The run is performed by another worker now');
    return stopped(phase, 'canceled');
  }
  return performance.now() >= deadline ? stopped(phase, 'timed_out') : null;
}

export function stopped(phase: LoggedPhase, reason: 'canceled' | 'timed_out'): RunFailure {
  const headline = reason === 'canceled' ? `${doing[phase]} was canceled` : `${doing[phase]} took too long`;
  const detail = reason === 'canceled' ? 'The run was canceled.' : 'The run was interrupted at its deadline.';
  return { phase, reason, headline, detail, diagnostics: [] };
}

export interface FailedCommand {
  /** As a person would call it: `terraform init`. */
  command: string;
  end: EngineEnd;
  console: Console;
  diagnostics: Diagnostic[];
}

/** A command that ended with an error, or was stopped. */
export function commandFailure(phase: LoggedPhase, { command, end, console, diagnostics }: FailedCommand): RunFailure {
  const text = describeConsole(console);
  const exit = end.exitCode === null ? {} : { exitCode: end.exitCode };
  if (end.stopped !== null) {
    const failure = stopped(phase, end.stopped);
    const kill = end.forced ? ` ${command} did not end when it was interrupted and was killed.` : '';
    return {
      ...failure,
      ...exit,
      detail: `${failure.detail}${kill}\n\n${text}`.trim().slice(0, longestDetail),
      diagnostics,
    };
  }
  const first = diagnostics.find((each) => each.severity === 'error');
  const how = end.exitCode === null ? 'was killed by a signal' : `ended with exit code ${end.exitCode}`;
  if (noMemory.test(console.crash[0] ?? '')) {
    const detail = `${memoryAdvice}\n\n${text}`.slice(0, 10_000);
    return { phase, reason: 'exit', headline: `${command} ran out of memory`, detail, ...exit, diagnostics };
  }
  const headline = first?.summary ?? `${command} ${how}`;
  return { phase, reason: 'exit', headline, detail: text === '' ? `${command} ${how}.` : text, ...exit, diagnostics };
}

const noMemory = /out of memory|cannot allocate memory/;
const memoryAdvice =
  'The engine or one of its providers got no more memory. Each process of a run may have as much as ZENFRA_RUN_MEMORY_MB ' +
  'says, if the worker has that much: raise it there, or split the stack into smaller ones; then re-run.';

/** A command that was to answer, and complained instead. */
export function unansweredFailure(
  phase: LoggedPhase,
  asked: { command: string; rootModule: string; end: EngineEnd; complaint: string },
): RunFailure {
  const console = readConsole(asked.complaint);
  const diagnostics = readConsoleDiagnostics(console, asked.rootModule);
  return commandFailure(phase, { command: asked.command, end: asked.end, console, diagnostics });
}
