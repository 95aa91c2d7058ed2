/** One problem an engine reported, with its place in the repository. */
export interface Diagnostic {
  severity: 'error' | 'warning';
  /** The first sentence, such as `Unsupported argument`. */
  summary: string;
  detail: string;
  /** Path relative to the repository's root, with forward slashes; absent where the engine names no file. */
  file?: string;
  /** 1-based. */
  line?: number;
  endLine?: number;
  /** The resource the problem is about, such as `aws_s3_bucket.logs`. */
  address?: string;
}

/** Whether both are of one thing; what an engine says of it in detail differs with what else it has to say. */
export function isSameProblem(one: Diagnostic, other: Diagnostic): boolean {
  const keys = ['summary', 'address', 'file', 'line'] as const;
  return keys.every((key) => one[key] === other[key]);
}

/** Where a run can fail: the phases a worker performs, or the queue before one had it. */
export type FailurePhase = 'queued' | 'preparing' | 'initializing' | 'planning' | 'applying';

/**
 * A failed phase: data, never thrown. `refused` means we declined to start the engine (a backend of the
 * repository's own, a hostile archive); `lost` means the worker vanished.
 */
export interface RunFailure {
  phase: FailurePhase;
  reason: 'exit' | 'refused' | 'timed_out' | 'canceled' | 'lost' | 'internal';
  /** A sentence or the engine's own summary, fit for a check's title. One line. */
  headline: string;
  /** What a person needs to mend it: the engine's console text without colour codes, or our advice. At most `longestDetail`. */
  detail: string;
  /** What of `detail` is ours and not the engine's: where the diagnostics are shown in its place, this is shown too. */
  advice?: string;
  exitCode?: number;
  diagnostics: Diagnostic[];
  /** True when an apply ended and nobody knows what it did. */
  outcomeUnknown?: boolean;
  /** True when all of the plan was applied, and what failed came after that: a command of the stack's own. */
  applied?: boolean;
}

export const longestDetail = 10_000;

/** The failure of an engine with our words before its own. */
export function withAdvice(failure: RunFailure, words: string): RunFailure {
  const advice = failure.advice === undefined ? words : `${words}\n\n${failure.advice}`;
  return { ...failure, advice, detail: `${words}\n\n${failure.detail}`.slice(0, longestDetail) };
}

/** What a person does about an apply of which nobody knows how it ended. */
export const unknownAdvice =
  'The engine may have changed infrastructure without recording it. Look at the log’s last lines and at the resources ' +
  'themselves, plan again, and then release the stack with /unlock or on its page.';
