import { existsSync } from 'node:fs';
import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { reach } from '../failpoint.ts';
import { readLockFile } from '../plan/lock-file.ts';
import { readPlan, readWithSecrets } from '../plan/read-plan.ts';
import type { HideSecrets } from '../plan/secrets.ts';
import type { PlanSummary } from '../plan/summary.ts';
import type { RunFailure } from '../run/failure.ts';
import type { HookName } from '../run/hooks.ts';
import type { LoggedPhase } from '../run/status.ts';
import type { ExternalState, PhaseSink, PlanOutcome, PlanSpec, SourceBundle } from './contract.ts';
import { readConsoleDiagnostics } from './diagnostics.ts';
import { diskFailure } from './disk-full.ts';
import { endCommands } from './end-commands.ts';
import { type Execution, engineOf, hasHook, openExecution } from './execution.ts';
import { checkStopped, type Refusal, refuse, unansweredFailure } from './failure.ts';
import { changeOwner } from './hand-over.ts';
import { checkAfterHooks, failureOf, initialize, validationFailure } from './initialize.ts';
import { hasOwnUsers } from './isolation.ts';
import { askExternalState } from './own-backend.ts';
import { openPhaseLog, showBytes } from './phase-log.ts';
import { leaveSource } from './place-source.ts';
import { prepareWorkspace } from './prepare.ts';
import { answerLimit, askEngine, type EngineResult, type EngineRun, runEngine } from './run-engine.ts';
import { runHooks } from './run-hooks.ts';
import { userOf } from './run-user.ts';
import { earlyFileArguments, readsWithVariables } from './variable-files.ts';
import { readOwnFile, removeWorkspace, type Workspace } from './workspace.ts';

/**
 * Performs preparing, initializing and planning of a run, and hands the saved plan to the sink. What a person or an
 * engine got wrong is a failure in the outcome. Throws `LeaseLost` when the run is not ours any more, and whatever the
 * sink or `fetchSource` throws; the engine has been killed then.
 */
export async function executePlan(spec: PlanSpec, sink: PhaseSink): Promise<PlanOutcome> {
  const execution = openExecution(spec, sink);
  try {
    const outcome = await performPlan(execution);
    await leaveSource(execution);
    await removeWorkspace(execution.workspace);
    return outcome;
  } catch (error) {
    const failure = await diskFailure(error, { phase: execution.phase, directory: spec.directory });
    await discard(execution);
    if (failure !== null) return { ok: false, failure };
    throw error;
  }
}

/** No other attempt has the same directory. Its engine was told to end, which takes a moment. */
async function discard({ workspace }: Execution): Promise<void> {
  await endCommands(workspace).then(
    () => removeWorkspace(workspace),
    () => undefined,
  );
}

async function performPlan(execution: Execution<PlanSpec>): Promise<PlanOutcome> {
  const { spec, sink, workspace } = execution;
  await sink.enter('preparing');
  const prepared = await prepareWorkspace(execution, openPhaseLog(sink, 'preparing'));
  if (!prepared.ok) return prepared;
  const early = checkStopped('preparing', sink, execution.deadline);
  if (early !== null) return { ok: false, failure: early };
  const { unreadable, source } = prepared;
  reach('prepared', spec.run.number);
  const failure =
    (await enterWithHooks(execution, 'initializing', 'before_init')) ??
    (await initialize(execution, {
      phase: 'initializing',
      unreadable,
      lockFileReadOnly: false,
      ...enterMeanwhile(execution, 'initializing', 'before_init'),
    })) ??
    (await runHooks(execution, { hook: 'after_init', phase: 'initializing' })) ??
    checkStopped('initializing', sink, execution.deadline) ??
    (await enterWithHooks(execution, 'planning', 'before_plan')) ??
    (await checkAfterHooks(execution));
  if (failure !== null) return { ok: false, failure };
  // Before planning: a state that changes in between then makes the plan stale, and never passes for what was planned.
  const external = spec.state === 'external' ? await askExternalState(execution, 'initializing') : null;
  if (external?.ok === false) return external;
  const result = await runEngine(execution, {
    phase: 'planning',
    args: planArguments(execution),
    ...enterMeanwhile(execution, 'planning', 'before_plan'),
  });
  if (!planned(result, workspace)) return { ok: false, failure: await explainPlan(execution, result) };
  reach('plan_made', spec.run.number);
  const saved = await savePlan(execution, source, external?.state);
  if (!saved.ok) return saved;
  return { ok: true, warnings: readConsoleDiagnostics(result.console, spec.rootModule, saved.hide) };
}

/** A phase that begins with commands of the stack's own is entered for them, else while the engine starts. */
async function enterWithHooks(execution: Execution, phase: LoggedPhase, hook: HookName): Promise<RunFailure | null> {
  if (!hasHook(execution, hook)) return null;
  await execution.sink.enter(phase);
  return runHooks(execution, { hook, phase });
}

function enterMeanwhile(execution: Execution, phase: LoggedPhase, hook: HookName): Pick<EngineRun, 'meanwhile'> {
  return hasHook(execution, hook) ? {} : { meanwhile: () => execution.sink.enter(phase) };
}

/** No lock: the order on a stack is kept elsewhere, and a killed plan then leaves none behind. */
function planArguments({ spec, workspace }: Execution): string[] {
  const files = spec.varFiles.map((file) => `-var-file=${file}`);
  const destroy = spec.run.type === 'destroy' ? ['-destroy'] : [];
  const fixed = ['-input=false', '-lock=false', '-detailed-exitcode', `-out=${workspace.planFile}`];
  return ['plan', ...fixed, ...destroy, ...files];
}

/** 0 is a plan without changes, 2 one with changes, or a crash: Go ends with it too. */
function planned({ end }: EngineResult, { planFile }: Workspace): boolean {
  return end.stopped === null && (end.exitCode === 0 || (end.exitCode === 2 && existsSync(planFile)));
}

async function explainPlan(execution: Execution, result: EngineResult): Promise<RunFailure> {
  const failure = await validationFailure(execution, 'planning', result);
  return failure ?? (await failureOf(execution, 'planning', result));
}

async function savePlan(
  execution: Execution,
  source: SourceBundle,
  externalState: ExternalState | undefined,
): Promise<{ ok: false; failure: RunFailure } | { ok: true; hide: HideSecrets }> {
  const { sink, workspace } = execution;
  // Before it is shown and judged: what a hook does to the file then is not what is approved.
  const { size } = await stat(workspace.planFile);
  if (size > planLimit) return fail(tooLarge('plan file', size, planLimit));
  const file = await readOwnFile(workspace.planFile, planLimit);
  if (file === null) throw new Error(`The engine left no plan at ${workspace.planFile}`);
  const lockFile = await readOwnFile(join(workspace.module, '.terraform.lock.hcl'), lockFileLimit);
  const shown = await askEngine(execution, {
    phase: 'planning',
    args: ['show', '-json', ...earlyFileArguments(execution), workspace.planFile],
    bare: !readsWithVariables(execution),
  });
  if (shown.answer === null && shown.tooLarge !== undefined)
    return fail(tooLarge('plan in JSON', shown.tooLarge, answerLimit));
  if (shown.answer === null) {
    const command = `${engineOf(execution).engine} show`;
    return fail(unansweredFailure('planning', { ...shown, command, rootModule: execution.spec.rootModule }));
  }
  const stopped = checkStopped('planning', sink, execution.deadline);
  if (stopped !== null) return fail(stopped);
  const refused = await judgePlan(execution, shown.answer);
  if (refused !== null) return fail(refused);
  const { summary, hide } = readWithSecrets(shown.answer);
  if (!hidesNoChange(shown, summary)) return fail(refuse('planning', hidden));
  const providers = lockFile === null ? [] : readLockFile(Buffer.from(lockFile).toString());
  await sink.savePlan({
    ...{ file, lockFile, json: shown.answer, summary, sourceDigest: source.digest },
    ...(externalState === undefined ? {} : { externalState }),
    providers: providers.map(({ source, version }) => ({ source, version })),
  });
  return { ok: true, hide };
}

function fail(failure: RunFailure): { ok: false; failure: RunFailure } {
  return { ok: false, failure };
}

/** Secrets are hidden in the engine's JSON before it is read. One that is a word of it must not make a change disappear. */
function hidesNoChange({ printed, answer }: { printed: Uint8Array; answer: Uint8Array }, shown: PlanSummary): boolean {
  if (printed === answer) return true;
  const whole = readPlan(printed);
  const actions = ({ resources }: PlanSummary) => resources.map(({ action }) => action);
  return isDeepStrictEqual(
    [whole.counts, whole.hasChanges, actions(whole)],
    [shown.counts, shown.hasChanges, actions(shown)],
  );
}

const hidden: Refusal = {
  headline: 'A secret of this stack is a word that every plan is made of',
  detail:
    'Without it this plan cannot be shown as it is, so it is not kept. Look for a short, plain word among the secrets of its configuration bundles, and give that variable another value or mark it as not secret.',
};

/** The stack's own word on its plan, which it finds as JSON: secrets are in it, so it lies among our own files. */
async function judgePlan(execution: Execution, json: Uint8Array): Promise<RunFailure | null> {
  if (!hasHook(execution, 'after_plan')) return null;
  const path = join(execution.workspace.temporary, 'zenfra-plan.json');
  await rm(path, { recursive: true, force: true });
  await writeFile(path, json, { flag: 'wx', mode: 0o600 });
  if (hasOwnUsers(execution.spec.isolation)) await changeOwner([path], userOf(execution.workspace.directory));
  return runHooks(execution, { hook: 'after_plan', phase: 'planning', environment: { ZENFRA_PLAN_JSON: path } });
}

function tooLarge(what: string, size: number, limit: number): RunFailure {
  const headline = `The ${what} has ${showBytes(size)}, over the ${showBytes(limit)} that are taken`;
  const detail = 'Nothing was kept of it. Split the stack into smaller ones, or change fewer resources at once.';
  return refuse('planning', { headline, detail });
}

const planLimit = 256 * 1024 * 1024;
const lockFileLimit = 1_000_000;
