import { mkdir } from 'node:fs/promises';
import type { RunFailure } from '../run/failure.ts';
import type { HookName } from '../run/hooks.ts';
import type { LoggedPhase } from '../run/status.ts';
import type { Execution } from './execution.ts';
import { checkStopped, commandFailure } from './failure.ts';
import { succeeded } from './initialize.ts';
import { openPhaseLog } from './phase-log.ts';
import { runEngine } from './run-engine.ts';

interface HookCall {
  hook: HookName;
  /** Where its output is logged; it has been entered. */
  phase: LoggedPhase;
  /** On top of the engine's own environment. */
  environment?: Record<string, string>;
}

/**
 * Runs the stack's own commands for a place in the run, one after the other, as the engine is run: in the root module,
 * with its environment. Returns the failure of the first that fails, or null.
 */
export async function runHooks(execution: Execution, call: HookCall): Promise<RunFailure | null> {
  const { hook, phase, environment = {} } = call;
  const commands = execution.spec.hooks[hook] ?? [];
  if (commands.length > 0) await mkdir(execution.workspace.hooks, { recursive: true, mode: 0o700 });
  for (const [index, text] of commands.entries()) {
    const stopped = checkStopped(phase, execution.sink, execution.deadline);
    if (stopped !== null) return stopped;
    const log = openPhaseLog(execution.sink, phase);
    log.say(`Hook ${hook}: ${text}`);
    await log.flush();
    const result = await runEngine(execution, { args: [], phase, hook: { hook, index, text, environment } });
    if (!succeeded(result)) return commandFailure(phase, { ...result, diagnostics: [] });
  }
  return null;
}
