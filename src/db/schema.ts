import type { BundleAttachmentsTable, BundlesTable, BundleVersionsTable, RunBundlesTable } from './schema/bundles.ts';
import type {
  BranchHeadsTable,
  CommandsTable,
  CommitPushersTable,
  DeliveriesTable,
  InstallationsTable,
  ModuleFilesTable,
  PostedChecksTable,
  PostedCommentsTable,
  PullRequestsTable,
  RepositoriesTable,
} from './schema/github.ts';
import type { SessionsTable, SettingsTable, WorkersTable } from './schema/installation.ts';
import type {
  AppliesTable,
  LogChunksTable,
  PlansTable,
  RunEventsTable,
  RunPhasesTable,
  RunsTable,
  StackHoldsTable,
  StacksTable,
} from './schema/runs.ts';
import type {
  RejectedStatesTable,
  StateCredentialsTable,
  StateLocksTable,
  StateVersionsTable,
} from './schema/state.ts';

export type * from './schema/bundles.ts';
export type * from './schema/github.ts';
export type * from './schema/installation.ts';
export type * from './schema/runs.ts';
export type * from './schema/state.ts';

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
  commit_pushers: CommitPushersTable;
  module_files: ModuleFilesTable;
  workers: WorkersTable;
  settings: SettingsTable;
  sessions: SessionsTable;
  bundles: BundlesTable;
  bundle_versions: BundleVersionsTable;
  bundle_attachments: BundleAttachmentsTable;
  run_bundles: RunBundlesTable;
}
