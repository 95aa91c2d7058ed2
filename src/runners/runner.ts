import type { ApplyOutcome, EngineBinary, PhaseSink, PlanOutcome, StateKept } from '../execution/contract.ts';
import type { Hooks } from '../run/hooks.ts';
import type { Engine, RunType } from '../run/status.ts';

/** One execution as the queue hands it out: everything a runner needs, wherever it performs it. */
export interface Assignment {
  run: { id: string; number: number; type: RunType };
  repository: { id: number; owner: string; name: string; installationId: number };
  commit: string;
  rootModule: string;
  varFiles: string[];
  hooks: Hooks;
  /** An apply's is the very one that planned. */
  engine: { engine: Engine | null; version: string | null };
  /** The engine is interrupted when this much time is over. */
  timeoutMs: number;
  /** Names the work directory: the plan's and its apply's are one path. */
  planId: string;
  state: StateKept;
  /** Variables and files of the run's configuration bundles, as far as they are for this execution. */
  environment: Record<string, string>;
  files: { path: string; content: string }[];
  configurationBytes: number;
  /** What must not be seen in the output: among it the passwords of this run's executions. */
  secrets: string[];
  /** The saved plan to apply; null to make one. */
  apply: {
    file: Uint8Array;
    lockFile: Uint8Array | null;
    json: Uint8Array;
    sourceDigest: string;
    sha256: string;
    adoptedFrom: number | null;
  } | null;
}

/** A place where executions are performed. */
export interface Runner {
  /** Every engine that this place has. */
  listEngines(): Promise<EngineBinary[]>;
  /**
   * Performs the assignment and resolves with its outcome. Rejects only with `LeaseLost` or a bug. What an apply left
   * stays until `release`.
   */
  start(assignment: Assignment, sink: PhaseSink): Promise<PlanOutcome | ApplyOutcome>;
  /** Carries on with an apply that another process of this place began so long ago. Null when there is none. */
  resume(assignment: Assignment, sink: PhaseSink, elapsedMs: number): Promise<ApplyOutcome | null>;
  /** What has become of the apply of that plan, of which nothing else is known. */
  findApply(plan: { planId: string; rootModule: string }): Promise<LeftApply>;
  /** Removes what the apply of that plan has left here, once its outcome is recorded. */
  release(planId: string): Promise<void>;
  /**
   * Ends and removes what others of this place, which are gone, have left of executions that applied nothing, and of
   * plans whose apply `isRecorded`.
   */
  clearLeft(isRecorded: (planId: string) => Promise<boolean>): Promise<void>;
  /** This process, among all that may perform executions. */
  self: Seat;
  /** What is known here of another of them. */
  fateOf(other: Pick<Seat, 'pid' | 'place' | 'startTime'>): 'alive' | 'dead' | 'elsewhere';
}

/** A process and where its number means something. */
export interface Seat {
  host: string;
  pid: number;
  place: string;
  startTime: string | null;
}

/** `absent`: nothing of it is here; it never began, or has been released. */
export type LeftApply = { engine: 'running' | 'absent' } | { engine: 'ended'; unsavedState: Uint8Array | null };
