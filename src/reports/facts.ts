import type { ApplyStep, OutputValue } from '../execution/contract.ts';
import type { ProviderChange } from '../plan/lock-file.ts';
import type { PlanSummary } from '../plan/summary.ts';
import type { Diagnostic, RunFailure } from '../run/failure.ts';
import type { RunStatus, RunType } from '../run/status.ts';

/**
 * The facts that the comment and the checks are rendered from. Loaded by `load-facts.ts`; the render functions are
 * pure, so each text can be tested to the letter.
 */

export interface RepositoryFacts {
  owner: string;
  name: string;
  /** The repository's page, such as `https://github.com/acme/infra`. */
  url: string;
}

export interface RunFacts {
  id: string;
  number: number;
  /** The run's page. */
  url: string;
  type: RunType;
  /** Whether it applies the plan of a pull request, and makes none of its own: once that has ended, it cannot be re-run. */
  adopted?: boolean;
  status: RunStatus;
  commit: string;
  /** Such as `OpenTofu 1.10.6`; null until a worker chose one. */
  engine: string | null;
  /** Whole seconds from the first phase's start to the end, or until now; null while queued. */
  seconds: number | null;
  plan: PlanSummary | null;
  /** Providers whose version is another one than the stack was applied with last. */
  providers?: ProviderChange[];
  warnings: Diagnostic[];
  failure: RunFailure | null;
  /** How a run ended that neither finished nor failed: `Discarded by @kim`, `Superseded by 4f2c9d1`, `Canceled by @kim`. */
  endedBecause: string | null;
  approvedBy: string | null;
  /** What it waits for, in a sentence without a full stop, such as `waits for run #128`; null if nothing. */
  waitsFor: string | null;
  /** The answer to a button of its check that was refused, until its status changes. */
  notice: string | null;
  apply: { steps: ApplyStep[]; outputs: OutputValue[]; seconds: number } | null;
}

export interface StackFacts {
  name: string;
  path: string;
  /** The newest run of this stack for the pull request's head: the plan people look at. Null before one exists. */
  run: RunFacts | null;
  /** The run that applied (or is applying) that plan; null if none. */
  applied: RunFacts | null;
  /** Somebody else's hold on the stack, as what follows `held:`, such as `by pull request #41`; null if free. */
  heldBy: string | null;
  /** The stack that it depends on and that is not applied: until it is, `/approve` leaves this one out. */
  behind?: string | null;
}

export interface PullRequestFacts {
  repository: RepositoryFacts;
  number: number;
  headSha: string;
  /** The tracked branch that the pull request goes to. */
  baseBranch: string;
  draft: boolean;
  fork: boolean;
  /** The page that lists all runs of this pull request. */
  runsUrl: string;
  stacks: StackFacts[];
  /** Set when zenfra.yml of the tracked branch or the head cannot be used. */
  configError: { file: string; line: number | null; column: number | null; message: string } | null;
  /** Path rules that were looked at, for the answer that no stack is affected: `network-prod: infra/network/**`. */
  rules: string[];
  /**
   * An earlier result, shown struck out while the plans of this head are not all there; absent or null if there is
   * none. `because` is null after a push, else why it is out of date, as `staleBecause` says it.
   */
  previous?: { headSha: string; stacks: StackFacts[]; because: string | null } | null;
  /** Set once it has ended: no plan of its own can be approved or made then. Absent while it is open. */
  ended?: 'merged' | 'closed';
  /** Sentences of general interest, such as that rights widened in the pull request's own file have no effect yet. */
  notes: string[];
  detail: 'diff' | 'resources' | 'summary';
}

export interface CheckAction {
  /** At most 20 characters. */
  label: string;
  /** At most 40 characters. */
  description: string;
  /** At most 20 characters. */
  identifier: 'approve' | 'discard' | 'apply_plan' | 'plan_again' | 'cancel';
}

export interface CheckAnnotation {
  path: string;
  startLine: number;
  endLine: number;
  level: 'failure' | 'warning' | 'notice';
  title: string;
  message: string;
}

/** A check run as GitHub is told it. Titles and buttons follow one table for all runs. */
export interface CheckReport {
  name: string;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion?: 'success' | 'failure' | 'neutral' | 'cancelled' | 'timed_out' | 'action_required' | 'skipped';
  title: string;
  /** Markdown, at most 65,535 bytes. */
  summary: string;
  /** Markdown, at most 65,535 bytes. */
  text?: string;
  actions: CheckAction[];
  /** At most 50. */
  annotations: CheckAnnotation[];
}
