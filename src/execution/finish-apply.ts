import { join } from 'node:path';
import { hideSecretsOf } from '../plan/read-plan.ts';
import { readStateOutputs } from '../plan/state-outputs.ts';
import { type RunFailure, unknownAdvice, withAdvice } from '../run/failure.ts';
import { followApply } from './apply-progress.ts';
import { releaseBallastWhenFull } from './ballast.ts';
import { type ApplyOutcome, type ApplySpec, LeaseLost, type OutputValue } from './contract.ts';
import { hasLostChange, readConsoleDiagnostics, readConsoleErrors } from './diagnostics.ts';
import { withDiskAdvice } from './disk-full.ts';
import type { EngineProcess } from './engine-process.ts';
import type { Execution } from './execution.ts';
import { commandFailure } from './failure.ts';
import { quarantineState } from './quarantine.ts';
import { askEngine, type EngineResult, followRun } from './run-engine.ts';
import { earlyFileArguments } from './variable-files.ts';
import { largestState, readOwnFile } from './workspace.ts';

/** Follows an engine that applies to its end, and tells what came of it. `skip` bytes of its output are logged already. */
export async function finishApply(
  execution: Execution<ApplySpec>,
  engine: EngineProcess,
  skip: number,
): Promise<ApplyOutcome> {
  const progress = followApply();
  const quarantine = quarantineState();
  const stopWatching = releaseBallastWhenFull(execution.workspace);
  const result = await followRun(execution, engine, {
    phase: 'applying',
    args: ['apply'],
    line: (text) => {
      if (progress.line(text)) execution.sink.progress(progress.steps);
    },
    whenLost: 'leave',
    quarantine,
    skip,
  }).finally(stopWatching);
  const { steps } = progress;
  const hide = result.console.boxes.length > 0 ? hideSecretsOf(execution.spec.plan.json) : (text: string) => text;
  const diagnostics = readConsoleDiagnostics(result.console, execution.spec.rootModule, hide);
  // An apply that ended well has ended well, also if someone tried to cancel it.
  if (result.end.exitCode === 0) {
    const outputs = progress.hasOutputs ? await askOutputs(execution) : [];
    return { ok: true, steps, outputs, ...(diagnostics.length > 0 && { warnings: diagnostics }) };
  }
  const doubtful = isDoubtful(result);
  progress.settle(readConsoleErrors(result.console, hide), !doubtful);
  const failed = commandFailure('applying', { ...result, diagnostics });
  failed.detail = hide(failed.detail);
  const advised = await withDiskAdvice(failed, execution.spec.directory);
  const failure = doubtful ? withDoubt(advised) : advised;
  const errored = await readOwnFile(join(execution.workspace.module, 'errored.tfstate'), largestState);
  const unsavedState = errored ?? quarantine.state();
  return { ok: false, steps, failure, ...(unsavedState === null ? {} : { unsavedState }) };
}

/**
 * An engine that was killed or that crashed may have created what no state knows of, and so may a provider, and one that
 * was interrupted twice: it ends at once. One that ended by itself has saved.
 */
function isDoubtful({ end, console }: EngineResult): boolean {
  const crashed = end.exitCode === null || !ownCodes.has(end.exitCode);
  return end.forced || crashed || hasLostChange(console) || console.tail.some((line) => line.startsWith(endsAtOnce));
}

function withDoubt(failure: RunFailure): RunFailure {
  // The page has words of its own for it.
  const { detail } = withAdvice(failure, unknownAdvice);
  return { ...failure, detail, outcomeUnknown: true };
}

/** The engines' own for an apply that failed, and the shell's for a program that it could not start. A crash has others: 2, 11. */
const ownCodes: ReadonlySet<number> = new Set([1, 126, 127]);

const endsAtOnce = 'Two interrupts received';

/** The apply is done by now, so outputs that cannot be read are no failure. */
async function askOutputs(execution: Execution<ApplySpec>): Promise<OutputValue[]> {
  try {
    const args = ['state', 'pull', ...earlyFileArguments(execution)];
    const { answer } = await askEngine(execution, { phase: 'applying', args });
    return answer === null ? [] : readStateOutputs(answer);
  } catch (error) {
    if (error instanceof LeaseLost) throw error;
    return [];
  }
}
