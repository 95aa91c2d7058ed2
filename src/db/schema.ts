import type { ColumnType, Generated } from 'kysely';
import type { BundleChange } from '../bundle/changes.ts';
import type { OutlineItem } from '../bundle/contents.ts';
import type { ApplyStep, ExternalState, OutputValue, PlanProvider } from '../execution/contract.ts';
import type { PlanSummary } from '../plan/summary.ts';
import type { Diagnostic, RunFailure } from '../run/failure.ts';
import type { Engine, LoggedPhase, RunPhase, RunStatus, RunType } from '../run/status.ts';
import type { StackSources } from '../stack/definition.ts';
import type { ModuleFile } from '../stack/module-file.ts';

/** The tables as the code sees them. `bigint` columns arrive as numbers unless they can exceed 2^53 (state serials: strings). */
export interface Database {
  deliveries: DeliveriesTable;
  installations: InstallationsTable;
  repositories: RepositoriesTable;
  stacks: StacksTable;
  stack_holds: StackHoldsTable;
  pull_requests: PullRequestsTable;
  commands: CommandsTable;
  runs: RunsTable;
  run_events: RunEventsTable;
  run_phases: RunPhasesTable;
  log_chunks: LogChunksTable;
  plans: PlansTable;
  applies: AppliesTable;
  state_versions: StateVersionsTable;
  rejected_states: RejectedStatesTable;
  state_locks: StateLocksTable;
  state_credentials: StateCredentialsTable;
  posted_comments: PostedCommentsTable;
  posted_checks: PostedChecksTable;
  branch_heads: BranchHeadsTable;
  module_files: ModuleFilesTable;
  workers: WorkersTable;
  settings: SettingsTable;
  sessions: SessionsTable;
  bundles: BundlesTable;
  bundle_versions: BundleVersionsTable;
  bundle_attachments: BundleAttachmentsTable;
  run_bundles: RunBundlesTable;
}

/** Why a zenfra.yml cannot be used, and where. */
export interface ConfigError {
  file: string;
  line: number | null;
  column: number | null;
  message: string;
}

type Timestamp = ColumnType<Date, Date | string, Date | string>;
type NullableTimestamp = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
type WithDefault<T> = ColumnType<T, T | undefined, T>;
type Nullable<T> = ColumnType<T | null, T | null | undefined, T | null>;
/** Written as JSON text, read as a value. */
type Json<T> = ColumnType<T, string, string>;
type JsonWithDefault<T> = ColumnType<T, string | undefined, string>;
type NullableJson<T> = ColumnType<T | null, string | null | undefined, string | null>;

export interface DeliveriesTable {
  /** GitHub's `X-GitHub-Delivery`. */
  id: string;
  event: string;
  /** The body exactly as received: `jsonb` would refuse a NUL. */
  payload: Buffer;
  /** What it says, for events that happen once: a second delivery with the same meaning is a replay. */
  meaning: Nullable<string>;
  received_at: WithDefault<Date>;
  handled_at: NullableTimestamp;
  /** What came of it, in a few words. */
  outcome: Nullable<string>;
}

export interface InstallationsTable {
  id: number;
  account: string;
  suspended_at: NullableTimestamp;
  deleted_at: NullableTimestamp;
}

export interface RepositoriesTable {
  /** GitHub's id, which survives renames and transfers. */
  id: number;
  installation_id: number;
  owner: string;
  name: string;
  default_branch: string;
  private: boolean;
  removed_at: NullableTimestamp;
  /** The commit of the default branch whose zenfra.yml was read last; null before the first read. */
  config_sha: Nullable<string>;
  /** Why the file at `config_sha` cannot be used; the stacks of the last good one stay in force. */
  config_error: NullableJson<ConfigError>;
  /** `comments.detail` of zenfra.yml; null leaves it to the repository's visibility. */
  comment_detail: Nullable<'diff' | 'resources' | 'summary'>;
  /** Whether zenfra.yml looks for root modules, so that a new directory can be a new stack. */
  discovers: WithDefault<boolean>;
  /** What `defaults` of zenfra.yml grants, as the rights in a stack's definition; null before the first read. */
  default_rights: NullableJson<unknown>;
  /** When its pull requests and branches were last compared with what was acted on. */
  looked_at: NullableTimestamp;
  /** Since when the App has it, as far as we were told. */
  known_since: WithDefault<Date>;
}

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

export interface PullRequestsTable {
  repository_id: number;
  number: number;
  title: string;
  author: string;
  head_sha: string;
  head_ref: string;
  base_ref: string;
  state: 'open' | 'closed' | 'merged';
  draft: boolean;
  fork: boolean;
  updated_at: WithDefault<Date>;
  /** When the comment was last written: edits are at most one in two seconds. */
  reported_at: NullableTimestamp;
  /** Set when zenfra.yml of the head (or of the tracked branch) cannot be used. */
  config_error: NullableJson<ConfigError>;
  notes: JsonWithDefault<string[]>;
  /** The stacks that the head touches, each with the first path that does. */
  affected: JsonWithDefault<{ name: string; because: string }[]>;
  /** Path rules that were looked at: `network-prod: infra/network/**`. */
  rules: JsonWithDefault<string[]>;
  /** What its runs were last brought in line with; null before that. Another head here is one whose webhook is missing. */
  acted_on: NullableJson<ActedOn>;
}

/** What of a pull request decides about its runs, as it was when that was acted on. */
export interface ActedOn {
  head: string;
  base: string;
  draft: boolean;
  state: 'open' | 'closed' | 'merged';
  /** GitHub's time of the pull request's last change then, ISO 8601. */
  updatedAt: string;
  /** Ours, by the database's clock, ISO 8601. */
  at: string;
  /** The change was found by the sweep: its webhook, should it still come, has nothing to add. */
  foundBySweep: boolean;
}

/** The head of a tracked branch up to which everything was acted on. */
export interface BranchHeadsTable {
  repository_id: number;
  branch: string;
  sha: string;
  acted_at: Timestamp;
  /** It was there when the sweep first looked: the webhook of the push to it may still come. */
  noticed: WithDefault<boolean>;
}

/** What a configuration file says of modules, by the id of its content. */
export interface ModuleFilesTable {
  repository_id: number;
  sha: string;
  says: Json<ModuleFile>;
}

export interface CommandsTable {
  /** GitHub's comment id, or `check:<check run id>:<delivery id>` for a button. */
  id: string;
  repository_id: number;
  pull_request_number: Nullable<number>;
  comment_id: Nullable<number>;
  verb: string;
  author: string;
  created_at: WithDefault<Date>;
  outcome: Nullable<'started' | 'refused' | 'done' | 'failed'>;
  /** What is answered, kept so that an answer GitHub did not take is given later. */
  reply: Nullable<string>;
  /** The reactions that GitHub has taken. */
  reacted: WithDefault<string[]>;
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

export interface StateVersionsTable {
  id: string;
  stack_id: string;
  /** 64-bit, stored as `numeric` so that it arrives as a string: a JavaScript number would round it. */
  serial: string;
  lineage: string;
  /** Of the bytes in clear, hex. */
  md5: string;
  size: number;
  /** Sealed, bound to the version's id. */
  bytes: Buffer;
  run_id: Nullable<string>;
  created_by: string;
  created_at: WithDefault<Date>;
  origin: WithDefault<'run' | 'import' | 'roll_back'>;
  /** Of a roll-back, the version whose content it has. */
  copy_of: Nullable<string>;
  /** Null: written before this was noted. */
  holds_resources: Nullable<boolean>;
}

/** Writes that were refused are kept: they may be the only record of what exists. */
export interface RejectedStatesTable {
  id: string;
  stack_id: string;
  run_id: Nullable<string>;
  reason: string;
  bytes: Buffer;
  size: number;
  created_at: WithDefault<Date>;
}

export interface StateLocksTable {
  stack_id: string;
  lock_id: string;
  /** The engine's lock info, as received. */
  info: Buffer;
  run_id: Nullable<string>;
  created_at: WithDefault<Date>;
}

/** Good for one run and one of its executions. */
export interface StateCredentialsTable {
  /** sha256 of the token, hex. */
  token_sha256: string;
  /** Sealed, bound to its hash; null in rows from before there was the column. */
  token: Nullable<Buffer>;
  run_id: string;
  stack_id: string;
  access: 'read' | 'write';
  created_at: WithDefault<Date>;
  revoked_at: NullableTimestamp;
  /** The state version the last GET was answered with. */
  served_version_id: Nullable<string>;
  /** Whether a GET was answered at all: tells `no state` from `never asked`. */
  served_at: NullableTimestamp;
}

export interface PostedCommentsTable {
  repository_id: number;
  pull_request_number: number;
  /** `sticky`, `result:<run id>`, `reply:<command id>`. */
  marker: string;
  github_id: Nullable<number>;
  body_sha256: Nullable<string>;
  /** GitHub's clock. */
  updated_at: NullableTimestamp;
}

export interface PostedChecksTable {
  repository_id: number;
  head_sha: string;
  name: string;
  /** The run it speaks for; null for the aggregate. */
  run_id: Nullable<string>;
  github_id: Nullable<number>;
  body_sha256: Nullable<string>;
  completed: boolean;
}

export interface WorkersTable {
  id: string;
  host: string;
  pid: number;
  /** 0 in a process that only serves. */
  slots: number;
  /** Where its number means something: machine, boot, process namespace. */
  place: Nullable<string>;
  /** With the number, what tells it from a later process of the same one. */
  start_time: Nullable<string>;
  /** The names under which this process locks jobs. */
  job_workers: WithDefault<string[]>;
  /** Such as `Terraform 1.11.4`. */
  engines: WithDefault<string[]>;
  /** How it keeps runs apart; null in a process that only serves. */
  isolation: NullableJson<{ protected: boolean; says: string }>;
  started_at: WithDefault<Date>;
  seen_at: WithDefault<Date>;
}

export interface SettingsTable {
  key: string;
  value: string;
}

/** Somebody who signed in with GitHub. */
export interface SessionsTable {
  /** sha256 of the cookie's token, hex. */
  id: string;
  login: string;
  github_id: number;
  /** Their own token for GitHub's API, sealed and bound to this row: it tells which repositories they may see. */
  github_token: Buffer;
  created_at: WithDefault<Date>;
  expires_at: Timestamp;
}

/** A configuration bundle: variables and files for the stacks of one repository. */
export interface BundlesTable {
  id: string;
  repository_id: number;
  /** Its own among the repository's bundles that are not removed. */
  name: string;
  description: WithDefault<string>;
  created_by: string;
  created_at: WithDefault<Date>;
  /** Its versions stay: runs had them. */
  removed_at: NullableTimestamp;
  removed_by: Nullable<string>;
}

/** Written once and never changed. */
export interface BundleVersionsTable {
  id: string;
  bundle_id: string;
  /** 1, 2, 3 … within the bundle. */
  number: number;
  /** Sealed, bound to the version's id. */
  contents: Buffer;
  /** Bytes in clear; 0 if there is nothing in it. */
  size: number;
  /** What is in it, without the values. */
  outline: Json<OutlineItem[]>;
  /** Which entries differ from the version before. */
  changes: Json<BundleChange[]>;
  created_by: string;
  created_at: WithDefault<Date>;
}

export interface BundleAttachmentsTable {
  id: Generated<number>;
  bundle_id: string;
  /** One of the two: a stack's name in zenfra.yml, or a label that stacks have. */
  stack_name: Nullable<string>;
  label: Nullable<string>;
  /** The higher one prevails. */
  priority: number;
  created_by: string;
  created_at: WithDefault<Date>;
}

/** The versions that a run had, the one that prevails first. */
export interface RunBundlesTable {
  run_id: string;
  position: number;
  bundle_version_id: string;
}
