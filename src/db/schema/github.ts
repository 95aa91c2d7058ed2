import type { ModuleFile } from '../../stack/module-file.ts';
import type {
  Json,
  JsonWithDefault,
  Nullable,
  NullableJson,
  NullableTimestamp,
  Timestamp,
  WithDefault,
} from './columns.ts';

/** What GitHub tells, what was acted on, and what is posted there. */

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

/** Why a zenfra.yml cannot be used, and where. */
export interface ConfigError {
  file: string;
  line: number | null;
  column: number | null;
  message: string;
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
  /** When the comment was last written: edits are at most one in two seconds, and of many stacks fewer, while something is under way. */
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

export interface CommitPushersTable {
  repository_id: number;
  commit_sha: string;
  login: string;
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
