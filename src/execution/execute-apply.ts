import { createHash } from 'node:crypto';
import { realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reach } from '../failpoint.ts';
import type { RunFailure } from '../run/failure.ts';
import type { LoggedPhase } from '../run/status.ts';
import { takeBallast } from './ballast.ts';
import { type ApplyOutcome, type ApplySpec, LeaseLost, type PhaseSink, type SourceBundle } from './contract.ts';
import { diskFailure } from './disk-full.ts';
import { endCommands } from './end-commands.ts';
import { attachEngine, type EngineProcess, isEngineAlive, NotStarted, startEngine } from './engine-process.ts';
import { readEngineRecord } from './engine-record.ts';
import { type Execution, openExecution } from './execution.ts';
import { checkStopped, type Refusal, refuse } from './failure.ts';
import { finishApply } from './finish-apply.ts';
import { initialize } from './initialize.ts';
import { askExternalState } from './own-backend.ts';
import { openPhaseLog, showBytes } from './phase-log.ts';
import { prepareWorkspace } from './prepare.ts';
import { commandOf } from './run-engine.ts';
import { runHooks } from './run-hooks.ts';
import { fileArgumentsAgain } from './variable-files.ts';
import { readOwnFile, removeWorkspace } from './workspace.ts';

/**
 * Applies a saved plan, exactly that. An adopted plan goes through the phases preparing, initializing and planning
 * first, since its run has shown none yet; for a confirmed one all of it belongs to applying.
 *
 * Throws `LeaseLost`, and whatever the sink or `fetchSource` throws. If the engine has begun to apply by then, it is
 * left running. Its files stay for `resumeApply` on the same machine, also those of an end that is not recorded yet:
 * whoever records it removes them (`removeApply`).
 */
export async function executeApply(spec: ApplySpec, sink: PhaseSink): Promise<ApplyOutcome> {
  const execution = openExecution(spec, sink);
  try {
    const failure = await leadUp(execution);
    return failure ?? (await afterApply(execution, await apply(execution)));
  } catch (error) {
    // Ours, or a predecessor's that could not be ended: its files are all that is known of it.
    const begun = readEngineRecord(execution.workspace.engine)?.name === 'apply';
    const where = { phase: execution.phase, directory: spec.directory };
    const failure = begun ? null : await diskFailure(error, where);
    if (failure !== null) return fail(failure);
    if (!begun && !(error instanceof LeaseLost)) await removeWorkspace(execution.workspace);
    throw error;
  }
}

/**
 * Takes over an apply that a worker of this machine began and did not see the end of. Null if there is none in that
 * directory.
 */
export async function resumeApply(spec: ApplySpec, sink: PhaseSink): Promise<ApplyOutcome | null> {
  const execution = openExecution(spec, sink);
  const { workspace } = execution;
  const record = readEngineRecord(workspace.engine);
  if (record === null || record.name !== 'apply') return null;
  workspace.module = await realpath(workspace.module);
  await sink.enter('applying');
  // What its worker was at then is a hook after the apply, which is run from its beginning.
  if (!isEngineAlive(record)) await endCommands(workspace);
  const skip = Math.max(0, sink.loggedBytes('applying') - record.loggedBefore);
  return afterApply(execution, await finishApply(execution, attachEngine(record), skip));
}

/** A worker without room for one more process or open file has changed nothing: that is known, and nobody has to look. */
async function apply(execution: Execution<ApplySpec>): Promise<ApplyOutcome> {
  try {
    return await finishApply(execution, begin(execution), 0);
  } catch (error) {
    if (!(error instanceof NotStarted)) throw error;
    const full = await diskFailure(error, { phase: 'applying', directory: execution.spec.directory });
    return fail(full ?? refuse('applying', neverStarted(error)));
  }
}

function neverStarted({ message, cause }: NotStarted): Refusal {
  const why = cause instanceof Error ? `${message}: ${cause.message}` : message;
  return {
    headline: 'The engine could not be started; nothing was applied',
    detail: `${why}. Look at the limits of the worker (open files, processes, memory), then plan again.`,
  };
}

function begin(execution: Execution<ApplySpec>): EngineProcess {
  const args = ['apply', '-input=false', ...fileArgumentsAgain(execution), execution.workspace.planFile];
  const engine = startEngine(commandOf(execution, { phase: 'applying', args }));
  reach('engine_started', execution.spec.run.number);
  return engine;
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
  // Takes a few milliseconds, in which init does not wait.
  const ballast = takeBallast(execution.workspace);
  ballast.catch(() => undefined);
  const failure =
    (await runHooks(execution, { hook: 'before_init', phase })) ??
    (await initialize(execution, { phase, unreadable: prepared.unreadable, lockFileReadOnly })) ??
    (await runHooks(execution, { hook: 'after_init', phase }));
  if (failure !== null) return fail(failure);
  await ballast;
  const planning = openPhaseLog(sink, await enter('planning'));
  if (adopted) planning.say(`Adopted the plan of run #${spec.adoptedFrom}; nothing is planned again`);
  await planning.flush();
  // Before the plan is used up: what it refuses can be approved again.
  const stopped =
    (await runHooks(execution, { hook: 'before_apply', phase: planning.phase })) ??
    (await refuseOtherPlan(execution, planning.phase)) ??
    checkStopped(planning.phase, sink, execution.deadline);
  if (stopped !== null) return fail(stopped);
  const external =
    spec.state === 'external' ? await askExternalState(execution, adopted ? 'initializing' : 'applying') : null;
  if (external?.ok === false) return fail(external.failure);
  reach('before_begin_apply', spec.run.number);
  const answer = await sink.beginApply(external?.state ?? null);
  reach('after_begin_apply', spec.run.number);
  if (!answer.ok) return fail(refuse(planning.phase, { headline: answer.why, detail: answer.why }));
  if (adopted) await sink.enter('applying');
  // The engine was not told to apply: it is nothing that an apply came to.
  const late = checkStopped(planning.phase, sink, execution.deadline);
  if (late !== null) return fail(late);
  // A process that was stopped since may have lost the run: that the engine may start was said for now, not for ever.
  // If it has not, this end is recorded: nothing was started, and only we know that.
  return performance.now() - answer.askedAt > answerHoldsMs ? fail(refuse('applying', tooLate)) : null;
}

/** What is applied stays applied, whatever the stack's own commands say of it. */
async function afterApply(execution: Execution<ApplySpec>, outcome: ApplyOutcome): Promise<ApplyOutcome> {
  if (!outcome.ok) return outcome;
  const failure = await runHooks(execution, { hook: 'after_apply', phase: 'applying' });
  if (failure === null) return outcome;
  const headline = `${failure.headline}; the plan has been applied`;
  return { ok: false, failure: { ...failure, headline, applied: true }, steps: outcome.steps };
}

/** Less than a lease, so that nobody else has the run within it. */
const answerHoldsMs = 5_000;

const tooLate: Refusal = {
  headline: 'The apply was begun too late; nothing was applied',
  detail:
    'The database or this worker was held up just before the engine was to start, so it was not started. Plan again.',
};

/** Before the engine was told to apply. */
function fail(failure: RunFailure): Extract<ApplyOutcome, { ok: false }> {
  return { ok: false, failure, steps: [], nothingBegun: true };
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
  const other = otherPlan(file, sha256);
  if (other !== null) return other;
  await writeFile(workspace.planFile, file, { flag: 'wx', mode: 0o600 });
  say(`Saved plan restored (${showBytes(file.length)}, sha256 ${sha256.slice(0, 12)})`);
  if (lockFile === null) return null;
  const path = join(workspace.module, '.terraform.lock.hcl');
  await rm(path, { recursive: true, force: true });
  await writeFile(path, lockFile, { flag: 'wx' });
  say(`Dependency lock file restored (${showBytes(lockFile.length)})`);
  return null;
}

/** After the last of the stack's own commands, which may write where the plan lies. */
async function refuseOtherPlan(
  { spec, workspace }: Execution<ApplySpec>,
  phase: LoggedPhase,
): Promise<RunFailure | null> {
  const file = await readOwnFile(workspace.planFile, spec.plan.file.length).catch(() => null);
  const other = otherPlan(file, spec.plan.sha256);
  return other && refuse(phase, other);
}

function otherPlan(file: Uint8Array | null, sha256: string): Refusal | null {
  const found = file === null ? 'none' : createHash('sha256').update(file).digest('hex');
  return found === sha256 ? null : refuseRestore('The saved plan is not the one that was approved', found, sha256);
}

function refuseRestore(headline: string, found: string, expected: string): Refusal {
  return {
    headline,
    detail: `${headline}: its digest is ${found}, and was ${expected}. Plan again, and approve that plan.`,
  };
}
