import { createHash } from 'node:crypto';
import { realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunFailure } from '../run/failure.ts';
import type { LoggedPhase } from '../run/status.ts';
import { type ApplyOutcome, type ApplySpec, LeaseLost, type PhaseSink, type SourceBundle } from './contract.ts';
import { attachEngine, type EngineProcess, readEngineRecord } from './engine-process.ts';
import { type Execution, openExecution } from './execution.ts';
import { checkStopped, type Refusal, refuse } from './failure.ts';
import { finishApply } from './finish-apply.ts';
import { initialize } from './initialize.ts';
import { openPhaseLog, showBytes } from './phase-log.ts';
import { prepareWorkspace } from './prepare.ts';
import { startRun } from './run-engine.ts';
import { removeWorkspace } from './workspace.ts';

/**
 * Applies a saved plan, exactly that. An adopted plan goes through the phases preparing, initializing and planning
 * first, since its run has shown none yet; for a confirmed one all of it belongs to applying.
 *
 * Throws `LeaseLost`, and whatever the sink or `fetchSource` throws. If the engine has begun to apply by then, it is
 * left running and its files are kept, for `resumeApply` on the same machine.
 */
export async function executeApply(spec: ApplySpec, sink: PhaseSink): Promise<ApplyOutcome> {
  const execution = openExecution(spec, sink);
  const started = { engine: false };
  try {
    const failure = await leadUp(execution);
    const outcome = failure ?? (await finishApply(execution, begin(execution, started), 0));
    await removeWorkspace(execution.workspace);
    return outcome;
  } catch (error) {
    if (!started.engine && !(error instanceof LeaseLost)) await removeWorkspace(execution.workspace);
    throw error;
  }
}

/**
 * Takes over an apply that a worker of this machine began and did not see the end of. `loggedBytes` is how much of the
 * applying phase's log is stored. Null if there is none in that directory.
 */
export async function resumeApply(spec: ApplySpec, sink: PhaseSink, loggedBytes: number): Promise<ApplyOutcome | null> {
  const execution = openExecution(spec, sink);
  const { workspace } = execution;
  const record = readEngineRecord(workspace.engine);
  if (record === null || record.name !== 'apply') return null;
  workspace.module = await realpath(workspace.module);
  const outcome = await finishApply(execution, attachEngine(record), Math.max(0, loggedBytes - record.loggedBefore));
  await removeWorkspace(workspace);
  return outcome;
}

function begin(execution: Execution<ApplySpec>, started: { engine: boolean }): EngineProcess {
  started.engine = true;
  const args = ['apply', '-input=false', execution.workspace.planFile];
  return startRun(execution, { phase: 'applying', args });
}

/** Everything before the engine is told to apply. Nothing has been changed when it fails. */
async function leadUp(execution: Execution<ApplySpec>): Promise<Extract<ApplyOutcome, { ok: false }> | null> {
  const { spec, sink } = execution;
  const adopted = spec.adoptedFrom !== null;
  const enter = async (phase: LoggedPhase): Promise<LoggedPhase> => {
    if (adopted) await sink.enter(phase);
    return adopted ? phase : 'applying';
  };
  if (!adopted) await sink.enter('applying');
  const preparing = openPhaseLog(sink, await enter('preparing'));
  const prepared = await prepareWorkspace(execution, preparing, (source) =>
    restorePlan(execution, source, preparing.say),
  );
  if (!prepared.ok) return fail(prepared.failure);
  const phase = await enter('initializing');
  const lockFileReadOnly = spec.plan.lockFile !== null;
  const failure = await initialize(execution, { phase, unreadable: prepared.unreadable, lockFileReadOnly });
  if (failure !== null) return fail(failure);
  const planning = openPhaseLog(sink, await enter('planning'));
  if (adopted) planning.say(`Adopted the plan of run #${spec.adoptedFrom}; nothing is planned again`);
  await planning.flush();
  const stopped = checkStopped(planning.phase, sink, execution.deadline);
  if (stopped !== null) return fail(stopped);
  const answer = await sink.beginApply();
  if (!answer.ok) return fail(refuse(planning.phase, { headline: answer.why, detail: answer.why }));
  if (adopted) await sink.enter('applying');
  const late = checkStopped('applying', sink, execution.deadline);
  return late === null ? null : fail(late);
}

function fail(failure: RunFailure): Extract<ApplyOutcome, { ok: false }> {
  return { ok: false, failure, steps: [] };
}

/** Puts the plan and its lock file in their places, if they and the source are what was approved. */
async function restorePlan(
  { spec, workspace }: Execution<ApplySpec>,
  source: SourceBundle,
  say: (text: string) => void,
): Promise<Refusal | null> {
  const { file, lockFile, sourceDigest, sha256 } = spec.plan;
  if (source.digest !== sourceDigest) {
    return refuseRestore('The source is not the one that was planned', source.digest, sourceDigest);
  }
  const found = createHash('sha256').update(file).digest('hex');
  if (found !== sha256) return refuseRestore('The saved plan is not the one that was approved', found, sha256);
  await writeFile(workspace.planFile, file, { flag: 'wx', mode: 0o600 });
  say(`Saved plan restored (${showBytes(file.length)}, sha256 ${sha256.slice(0, 12)})`);
  if (lockFile === null) return null;
  const path = join(workspace.module, '.terraform.lock.hcl');
  await rm(path, { recursive: true, force: true });
  await writeFile(path, lockFile, { flag: 'wx' });
  say(`Dependency lock file restored (${showBytes(lockFile.length)})`);
  return null;
}

function refuseRestore(headline: string, found: string, expected: string): Refusal {
  return {
    headline,
    detail: `${headline}: its digest is ${found}, and was ${expected}. Plan again, and approve that plan.`,
  };
}
