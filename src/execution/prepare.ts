import { posix } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { refuseVariable } from '../bundle/refusals.ts';
import type { RunFailure } from '../run/failure.ts';
import { LeaseLost, SourceAway, type SourceBundle } from './contract.ts';
import { refuseForeignModule } from './empty-module.ts';
import type { Execution } from './execution.ts';
import { checkStopped, type Refusal, refuse } from './failure.ts';
import { findBackend, type OwnBackend } from './find-backend.ts';
import { handOver } from './hand-over.ts';
import { noIsolation } from './isolation.ts';
import { mountFiles } from './mount-files.ts';
import { writeOverrideFile } from './override-file.ts';
import { lineFirst, refuseWithoutBackend } from './own-backend.ts';
import { type PhaseLog, showBytes, showCount } from './phase-log.ts';
import { placeSource } from './place-source.ts';
import { unlessStopped } from './unless-stopped.ts';
import { SourceRefused } from './unpack.ts';

export type Prepared =
  | { ok: true; source: SourceBundle /** See `BackendSearch.unreadable`. */; unreadable: string[] }
  | { ok: false; failure: RunFailure };

/**
 * Makes the work directory ready for init, for a plan and for an apply alike, and says so in the log. `restore` adds
 * what an apply brings along; it may refuse.
 */
export async function prepareWorkspace(
  execution: Execution,
  log: PhaseLog,
  restore: (source: SourceBundle) => Promise<Refusal | null> = async () => null,
): Promise<Prepared> {
  const started = performance.now();
  const { spec, sink, deadline } = execution;
  log.say(`Preparing workspace for run ${spec.run.id}`);
  log.say('Downloading source bundle...');
  const source = await fetchSource(execution, log);
  if (source instanceof SourceRefused) return decline(log, { headline: source.message, detail: source.message });
  const stopped = checkStopped(log.phase, sink, deadline);
  if (stopped !== null || source === null) return { ok: false, failure: stopped ?? checkAborted(execution, log) };
  log.say(`Source bundle downloaded (${showDownload(source)})`);
  sayConfiguration(execution, log);
  const placed =
    refuseUntrusted(execution) ??
    refuseVariables(spec.environment) ??
    (await placeSource(execution, source)) ??
    (await mountFiles(execution)) ??
    (await restore(source));
  if (placed !== null) return decline(log, placed);
  const missing = await chooseEngine(execution, source, log);
  if (missing === 'stopped') return { ok: false, failure: checkAborted(execution, log) };
  const foreign = missing ?? refuseForeignModule(execution);
  if (foreign !== null) return decline(log, foreign);
  log.say(backendWords[typeof spec.state === 'string' ? spec.state : 'managed']);
  const backend = await configureBackend(execution);
  if ('headline' in backend) return decline(log, backend);
  await handOver(execution);
  log.say('Backend configuration complete');
  log.say(`Workspace preparation complete (${Math.round(performance.now() - started)}ms)`);
  await log.flush();
  return { ok: true, source, unreadable: backend.unreadable };
}

const backendWords = {
  managed: 'Configuring managed state backend...',
  external: 'Looking for the backend of the repository...',
  none: 'Configuring an empty state: code of a fork is not given that of the stack...',
};

/** What a plan can read is what its author can, and of a fork that is anybody. */
function refuseUntrusted({ spec }: Execution): Refusal | null {
  if (spec.state !== 'none' || (spec.isolation ?? noIsolation).kind !== 'none') return null;
  return {
    headline: 'Nothing of a fork is planned on this worker',
    detail:
      'Runs are not isolated here, so this code could read what the worker can. Install bubblewrap on the worker (see ' +
      'docs/security.md, Isolation), or push the branch to this repository to have it planned.',
  };
}

/** Null when the run was stopped meanwhile. What the log says of it is sent at once where there is something to wait for. */
async function fetchSource(execution: Execution, log: PhaseLog): Promise<SourceBundle | SourceRefused | null> {
  const fetching = unlessStopped(execution, (over) => fetchWhileAway(execution, log, over));
  const fetched = fetching.catch((error: unknown) => {
    if (error instanceof SourceRefused) return error;
    throw error;
  });
  if ((await Promise.race([fetched, aMoment()])) === 'later') await Promise.all([fetched, log.flush()]);
  return fetched;
}

function aMoment(): Promise<'later'> {
  return new Promise((resolve) => setImmediate(resolve, 'later'));
}

/** Where the source is kept may be away for longer than a download is tried: that is nothing of the run's. */
async function fetchWhileAway({ spec }: Execution, log: PhaseLog, over: AbortSignal): Promise<SourceBundle | null> {
  for (;;) {
    try {
      return await spec.fetchSource();
    } catch (error) {
      if (!(error instanceof SourceAway)) throw error;
      if (over.aborted) return null;
      log.say(`${error.message} Trying again...`);
      await log.flush();
      await sleep(error.pauseMs, null, { signal: over }).catch(() => null);
    }
    if (over.aborted) return null;
  }
}

/** The timer may fire a moment before the deadline by the other clock. */
function checkAborted({ sink }: Execution, log: PhaseLog): RunFailure {
  const failure = checkStopped(log.phase, sink, 0);
  if (failure === null) throw new LeaseLost('The run was stopped');
  return failure;
}

/** The engine's own download is the one thing here that can take long, so the log says what it waits for. */
async function chooseEngine(
  execution: Execution,
  source: SourceBundle,
  log: PhaseLog,
): Promise<Refusal | 'stopped' | null> {
  const { spec, sink } = execution;
  if (typeof spec.engine !== 'function') return null;
  const choosing = spec.engine(source, (text) => {
    log.say(text);
    void log.flush().catch(() => undefined);
  });
  const chosen = await unlessStopped(execution, () => choosing);
  if (chosen === null) return 'stopped';
  if ('missing' in chosen) return { headline: chosen.missing, detail: `${chosen.missing}. ${missingAdvice}` };
  execution.engine = chosen;
  await sink.useEngine(chosen);
  return null;
}

const missingAdvice =
  'Install it on the worker’s PATH, ask for another version with iac.engine and iac.version in zenfra.yml, or let the ' +
  'worker download it. Then re-run.';

function showDownload({ archiveBytes, downloadMs }: SourceBundle): string {
  return `${showBytes(archiveBytes)}, ${downloadMs === 0 ? 'already on this worker' : `${Math.round(downloadMs)}ms`}`;
}

function sayConfiguration({ spec }: Execution, log: PhaseLog): void {
  log.say('Downloading configuration bundle...');
  log.say(`Configuration bundle downloaded (${showBytes(spec.configurationBytes)})`);
  log.say(`Applied ${showCount(Object.keys(spec.environment).length, 'environment variable')}`);
  if (spec.files.length > 0) log.say(`Mounted ${showCount(spec.files.length, 'file')}`);
}

function refuseVariables(environment: Record<string, string>): Refusal | null {
  for (const name of Object.keys(environment)) {
    const why = refuseVariable(name);
    if (why === null) continue;
    const detail = `${why} Remove it from the stack’s configuration bundle.`;
    return { headline: `The environment variable ${name} cannot be set for a run`, detail };
  }
  return null;
}

async function configureBackend({ spec, workspace }: Execution): Promise<Refusal | { unreadable: string[] }> {
  const search = await findBackend(workspace.module);
  if (spec.state === 'external') return refuseWithoutBackend(search, spec.rootModule) ?? { unreadable: [] };
  const { found, unreadable } = search;
  const stateless = spec.state === 'none';
  if (found !== null && !stateless) return refuseBackend(found, spec.rootModule);
  if ((await writeOverrideFile(workspace.module, stateless ? 'local' : 'http')) !== null) return { unreadable };
  return {
    headline: 'An override file of the repository has the last of all names',
    detail:
      'Zenfra adds an override file of its own, which must be the last by name. Rename the one of the repository.',
  };
}

function refuseBackend({ file, line, word, plansElsewhere }: OwnBackend, rootModule: string): Refusal {
  const path = posix.join(rootModule, file);
  const toStay = plansElsewhere
    ? 'The state cannot be left where it is: with this block plans are made elsewhere, and cannot be saved to be approved.'
    : `To leave the state where it is, say "state: external" for this stack in zenfra.yml. ${lineFirst}`;
  const advice =
    `Zenfra keeps the state of this stack, so the configuration must not say where it is kept. Remove the ${word} block. ` +
    'If it holds a state already, import that first: read it with "terraform state pull" from where it is now, and give ' +
    `the file to "Import state" on the State tab of the stack’s page. ${toStay}`;
  return {
    headline: `${path} line ${line}: the ${word} block must be removed`,
    detail: advice,
    diagnostics: [
      {
        severity: 'error',
        summary: `The ${word} block must be removed`,
        detail: advice,
        file: path,
        line,
        endLine: line,
      },
    ],
  };
}

async function decline(log: PhaseLog, refusal: Refusal): Promise<Prepared> {
  log.say(refusal.headline);
  if (refusal.detail !== refusal.headline) log.say(refusal.detail);
  await log.flush();
  return { ok: false, failure: refuse(log.phase, refusal) };
}
