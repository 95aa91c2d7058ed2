import type { ColumnType, Generated } from 'kysely';
import type { ApplyStep, ExternalState, OutputValue, PlanProvider } from '../../execution/contract.ts';
import type { PlanSummary } from '../../plan/summary.ts';
import type { Diagnostic, RunFailure } from '../../run/failure.ts';
import type { Engine, LoggedPhase, RunPhase, RunStatus, RunType } from '../../run/status.ts';
import type { StackSources } from '../../stack/definition.ts';
import type { Json, Nullable, NullableJson, NullableTimestamp, Timestamp, WithDefault } from './columns.ts';

/** Stacks and their runs: what is to be done, what was, and what came of it. */

export interface StacksTable {
  id: string;
  repository_id: number;
  name: string;
  path: string;
  branch: string;
  /** The whole definition as `stack/` reads it, with defaults applied. */
  definition: Json<unknown>;
  /** Set while the stack exists only in this pull request's own zenfra.yml. */
  pull_request_number: Nullable<number>;
  created_at: WithDefault<Date>;
  /** Gone from zenfra.yml; history and state stay. */
  removed_at: NullableTimestamp;
  /** Where its settings stand in zenfra.yml; null for a stack that only a pull request has. */
  sources: NullableJson<StackSources & { sha: string }>;
}

export interface StackHoldsTable {
  id: Generated<number>;
  stack_id: string;
  reason: 'pull_request' | 'outcome_unknown' | 'person';
  pull_request_number: Nullable<number>;
  run_id: Nullable<string>;
  /** A sentence for people. */
  note: string;
  created_by: string;
  created_at: WithDefault<Date>;
  released_at: NullableTimestamp;
  released_by: Nullable<string>;
}

export interface RunsTable {
  id: string;
  number: Generated<number>;
  stack_id: string;
  repository_id: number;
  type: RunType;
  status: WithDefault<RunStatus>;
  trigger: 'pull_request' | 'push' | 'command' | 'page' | 'schedule';
  /** The person (login) or system. */
  triggered_by: string;
  /** Why, for people: `push touched infra/network/main.tf`. */
  trigger_reason: string;
  branch: string;
  commit_sha: string;
  commit_title: string;
  pull_request_number: Nullable<number>;
  /** Logins of those whose merged pull requests it brings, and who pushed them. */
  authors: WithDefault<string[]>;
  /** The stack's definition that this run was made with. A default exists for tests alone. */
  definition: ColumnType<unknown, string | undefined, string>;
  /** The command that asked for this run, for its reactions. */
  command_id: Nullable<string>;
  /** Set on a run that applies the plan of another (`/approve` on a pull request). */
  adopted_plan_id: Nullable<string>;
  /** Given with the run, so that its plan waits for nobody: the approver's login. */
  approved_by: Nullable<string>;
  approved_at: NullableTimestamp;
  engine: Nullable<Engine>;
  engine_version: Nullable<string>;
  /** Resource counts of the plan. */
  add_count: Nullable<number>;
  change_count: Nullable<number>;
  destroy_count: Nullable<number>;
  created_at: WithDefault<Date>;
  /** When the first worker took it. */
  started_at: NullableTimestamp;
  ended_at: NullableTimestamp;
  /** When the present status began. */
  status_since: WithDefault<Date>;
  failure: NullableJson<RunFailure>;
  /** For ends that are neither finished nor failed: `Superseded by 4f2c9d1`. */
  ended_because: Nullable<string>;
  warnings: NullableJson<Diagnostic[]>;
  apply_steps: NullableJson<ApplyStep[]>;
  outputs: NullableJson<OutputValue[]>;
  cancel_requested_at: NullableTimestamp;
  cancel_requested_by: Nullable<string>;
  /** How the run ends once its engine has stopped: a superseded run is discarded, not canceled. */
  cancel_as: Nullable<'canceled' | 'discarded'>;
  /** Grows with each claim; every write of a worker carries it and is refused when it is old. */
  lease_generation: WithDefault<number>;
  /** Database time; null while no worker has the run. */
  lease_expires_at: NullableTimestamp;
  worker_id: Nullable<string>;
  /** Claims so far of the part before an apply. */
  attempt: WithDefault<number>;
  /** When the present wait or phase is given up; null while waiting for one's turn on the stack. */
  deadline_at: NullableTimestamp;
  /** The runs whose end this one waits for before it starts: of stacks that its own depends on. */
  after_runs: WithDefault<string[]>;
  /** An answer to a button that was refused, shown in the check until the run moves on. */
  notice: Nullable<string>;
}

export interface RunEventsTable {
  id: Generated<number>;
  run_id: string;
  event: string;
  from_status: RunStatus;
  to_status: RunStatus;
  actor: string;
  reason: Nullable<string>;
  at: WithDefault<Date>;
}

export interface RunPhasesTable {
  run_id: string;
  phase: RunPhase;
  started_at: Timestamp;
  ended_at: NullableTimestamp;
  outcome: Nullable<'succeeded' | 'failed' | 'canceled' | 'discarded'>;
  /** `triggered by kim`, `approved by lee`, `attempt 2 of 3`. */
  note: Nullable<string>;
}

export interface LogChunksTable {
  run_id: string;
  phase: LoggedPhase;
  /** 1, 2, 3 … within run and phase. */
  seq: number;
  bytes: Buffer;
  /** Newline characters in this chunk, and in all before it. */
  lines: number;
  first_line: number;
  at: WithDefault<Date>;
}

export interface PlansTable {
  id: string;
  run_id: string;
  stack_id: string;
  commit_sha: string;
  source_digest: string;
  /** The state the plan was made from; null means there was none. */
  state_version_id: Nullable<string>;
  /** Where the repository's own backend keeps the state: which one the plan was made from; else null. */
  external_state: NullableJson<ExternalState>;
  engine: Engine;
  engine_version: string;
  lock_file_sha256: Nullable<string>;
  file_sha256: string;
  /** The three below are sealed by `secret/`, bound to the plan's id. */
  file: Nullable<Buffer>;
  lock_file: Nullable<Buffer>;
  json: Nullable<Buffer>;
  /** What the lock file pins; null of a plan that was made before this was kept. */
  providers: NullableJson<PlanProvider[]>;
  /** Masked; what people see. */
  summary: Json<PlanSummary>;
  has_changes: boolean;
  created_at: WithDefault<Date>;
  /** GitHub's time of the comment that first showed it: a comment written earlier cannot approve it. */
  shown_at: NullableTimestamp;
  discarded_at: NullableTimestamp;
  discarded_by: Nullable<string>;
}

/** A row is a plan's one use: `unique (plan_id)`. */
export interface AppliesTable {
  plan_id: string;
  run_id: string;
  started_at: WithDefault<Date>;
  ended_at: NullableTimestamp;
  outcome: Nullable<'succeeded' | 'failed' | 'unknown'>;
  /** Where its engine was started, as `workers.place`; null before there was the column. */
  place: Nullable<string>;
  /** When the engine was known to have ended; until then it may still change things. */
  engine_ended_at: NullableTimestamp;
}
