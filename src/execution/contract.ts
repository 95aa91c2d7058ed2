import type { PlanSummary } from '../plan/summary.ts';
import type { Diagnostic, RunFailure } from '../run/failure.ts';
import type { Hooks } from '../run/hooks.ts';
import type { Engine, LoggedPhase, RunType } from '../run/status.ts';
import type { Listings } from './copy-source.ts';
import type { Isolation } from './isolation.ts';

/**
 * The contract between whoever decides that a phase is performed and the code that performs it. `execution/` knows
 * neither the database nor GitHub: it is given a spec, and tells a sink. The same code serves a worker's slot and,
 * later, a job in the user's own CI.
 */

/** A repository at one commit, unpacked in a directory that several executions share and none may write to. */
export interface SourceBundle {
  /** Absolute path of the unpacked tree; its root is the repository's root. */
  directory: string;
  /** Size of the downloaded archive. */
  archiveBytes: number;
  /** Milliseconds the download took; 0 when another stack of the same commit had fetched it already. */
  downloadMs: number;
  /** sha256 in hex over the unpacked content (names, modes, bytes), not over the archive: GitHub's archives are not byte-stable. */
  digest: string;
  /** Of `directory`. */
  listings: Listings;
  /** Copies of it that earlier executions have left. */
  copies: {
    /** Moves one to where an empty directory may be, to be looked over. False if there is none. */
    take(to: string): Promise<boolean>;
    /** Moves a copy that is as it was made to the others. */
    keep(from: string): Promise<void>;
  };
}

/** The engine as found on this worker. */
export interface EngineBinary {
  engine: Engine;
  /** Absolute path. */
  path: string;
  /** As in `1.11.4`. */
  version: string;
}

/**
 * Chooses the engine once the source is there: it may say which. `tell`: lines for the log. The sentence says why there
 * is none that fits.
 */
export type ChooseEngine = (
  source: SourceBundle,
  tell: (text: string) => void,
) => Promise<EngineBinary | { missing: string }>;

/**
 * Who keeps the state: Zenfra, the repository's own backend (`state: external`), or nobody, since the code is of a fork
 * and is not trusted with it.
 */
export type StateKept = StateAccess | 'external' | 'none';

/** How the child reaches the stack's state: all of it through `TF_HTTP_*`, never in a file of the work directory. */
export interface StateAccess {
  address: string;
  username: string;
  password: string;
}

interface ExecutionSpec {
  run: { id: string; number: number; type: RunType };
  /**
   * Absolute path of the work directory. It is emptied first. An apply must be given the very path its plan was made
   * in: `abspath(path.module)` and `path.cwd` end up in plans.
   */
  directory: string;
  /** The stack's path in the repository, `.` for its root. */
  rootModule: string;
  /** Relative to the root module. */
  varFiles: string[];
  engine: EngineBinary | ChooseEngine;
  state: StateKept;
  /** After a `SourceAway` it is called again, until the run is stopped. */
  fetchSource: () => Promise<SourceBundle>;
  /** Shell commands of the stack's own, as its tracked branch has them. */
  hooks: Hooks;
  /** Where providers are kept for all executions of this machine: see `provider-cache.ts`. */
  pluginCacheDirectory: string;
  /** What the run was given: the environment variables of its configuration bundle. */
  environment: Record<string, string>;
  /** The files of its configuration bundle, from the root module. */
  files: readonly { path: string; content: string }[];
  /**
   * The worker's own environment variables. Only those that `environment.ts` lists (search path, language, proxy,
   * certificates, the engine's configuration file) are passed on to the engine.
   */
  inherited: Readonly<Record<string, string | undefined>>;
  /** How its engine is kept apart from everything else; none unless said. */
  isolation?: Isolation;
  /**
   * What must not be seen: the secrets of the run's configuration bundles, and its own state credential. Hidden in all
   * that the engine prints before anybody is told of it.
   */
  secrets: readonly string[];
  /** Size of the downloaded configuration bundle, for the log. */
  configurationBytes: number;
  /** The engine is interrupted when this much time is over. */
  timeoutMs: number;
  /** How long an interrupted engine may take to end before it is terminated, and then killed. Default 30 s. */
  graceMs?: number;
  /** How much of one engine command's output is kept in the log. Default 100 MB. */
  logLimitBytes?: number;
}

export interface PlanSpec extends ExecutionSpec {
  kind: 'plan';
}

export interface ApplySpec extends ExecutionSpec {
  kind: 'apply';
  /** The saved plan, decrypted. What its `json` calls sensitive is hidden in what is told of the apply. */
  plan: { file: Uint8Array; lockFile: Uint8Array | null; json: Uint8Array; sourceDigest: string; sha256: string };
  /** Set when the plan was made by another run (`/approve` on a pull request): its number, for the log. */
  adoptedFrom: number | null;
}

/** Which state a backend of the repository's own has; both null while it has none. */
export interface ExternalState {
  lineage: string | null;
  serial: string | null;
}

/** A provider that a plan was made with: `registry.terraform.io/hashicorp/aws` and its version. */
export interface PlanProvider {
  source: string;
  version: string;
}

/** What a finished plan leaves behind, to be stored until it is applied. */
export interface SavedPlan {
  file: Uint8Array;
  /** The engine's dependency lock file after init; null if it made none (no providers). */
  lockFile: Uint8Array | null;
  /** The bytes of `show -json`, sensitive values in clear, the run's own secrets masked: to be encrypted. */
  json: Uint8Array;
  summary: PlanSummary;
  /** What the lock file pins. */
  providers: PlanProvider[];
  sourceDigest: string;
  /** Set where the repository's own backend keeps the state: the one that the plan was made from, or an older one. */
  externalState?: ExternalState;
}

/**
 * Where an execution tells what it does. Each call is awaited, so that order holds. Any of them may reject with a
 * `LeaseLost`, after which the execution stops its engine and writes no more.
 */
export interface PhaseSink {
  /** A phase starts, or goes on with another worker. Log bytes that follow belong to it until the next one starts. */
  enter(phase: LoggedPhase): Promise<void>;
  /** Bytes exactly as they came, colour codes included; chunks of at most 64 KiB. */
  log(phase: LoggedPhase, bytes: Uint8Array): Promise<void>;
  /** Bytes that the phase's log has in all, those of an earlier attempt too. Known once the phase was entered. */
  loggedBytes(phase: LoggedPhase): number;
  /** The engine that was chosen, before it is started for the first time. */
  useEngine(engine: EngineBinary): Promise<void>;
  savePlan(plan: SavedPlan): Promise<void>;
  /** How far an apply has come; not awaited, and it may skip what comes too fast. The outcome has them all. */
  progress(steps: readonly ApplyStep[]): void;
  /**
   * Just before the engine is told to apply: every fact of the approval is read again; a refusal is a sentence.
   * `askedAt`: when the answer was right, on `performance.now()`'s clock. `external`: the state that the repository's
   * own backend has now; null where Zenfra keeps it.
   */
  beginApply(external: ExternalState | null): Promise<{ ok: true; askedAt: number } | { ok: false; why: string }>;
  /** Aborted with a reason of `'canceled'` or `'lease_lost'`. */
  signal: AbortSignal;
}

/** The run is not ours any more: another worker has it, or it has ended. */
export class LeaseLost extends Error {
  override name = 'LeaseLost';
}

/** The shared copy of a commit's source was written to since it was unpacked: fetch it anew. */
export class SourceChanged extends Error {
  override name = 'SourceChanged';
}

/** The source cannot be had for now, and may be after a pause. The message is a sentence for the run's log. */
export class SourceAway extends Error {
  override name = 'SourceAway';
  readonly pauseMs: number;
  constructor(message: string, { pauseMs, cause }: { pauseMs: number; cause?: unknown }) {
    super(message, { cause });
    this.pauseMs = pauseMs;
  }
}

/** One line of an apply's progress, read from the engine's output. */
export interface ApplyStep {
  address: string;
  action: 'create' | 'update' | 'delete' | 'read';
  result: 'done' | 'failed' | 'started';
  /** As the engine prints it: `2s`. */
  elapsed?: string;
  error?: string;
}

export interface OutputValue {
  name: string;
  /** JSON-like text, or null when sensitive. */
  text: string | null;
}

export type PlanOutcome = { ok: true; warnings: Diagnostic[] } | { ok: false; failure: RunFailure };

export type ApplyOutcome =
  | {
      ok: true;
      steps: ApplyStep[];
      outputs: OutputValue[];
      /** Such as of a check that could only be made afterwards. */
      warnings?: Diagnostic[];
    }
  | {
      ok: false;
      failure: RunFailure;
      steps: ApplyStep[];
      /** It is certain that the engine was not told to apply. */
      nothingBegun?: true;
      /**
       * The state that the engine could not save, byte for byte: its `errored.tfstate`, or what it printed when it
       * could not write that either. Holds secrets: to be encrypted. Until it is stored nobody knows what exists.
       */
      unsavedState?: Uint8Array;
    };
