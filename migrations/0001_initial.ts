import { type Kysely, sql } from 'kysely';

/** Frozen: what has shipped is changed by a later migration, never here. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const live = `('preparing', 'initializing', 'planning', 'unconfirmed', 'approved', 'applying')`;
const ended = `('finished', 'failed', 'discarded', 'canceled')`;

const statements = [
  `create table settings (key text primary key, value text not null)`,

  `create table installations (
    id bigint primary key,
    account text not null,
    suspended_at timestamptz,
    deleted_at timestamptz
  )`,

  `create table repositories (
    id bigint primary key,
    installation_id bigint not null references installations (id),
    owner text not null,
    name text not null,
    default_branch text not null,
    private boolean not null,
    removed_at timestamptz,
    config_sha text,
    config_error jsonb,
    comment_detail text constraint repositories_comment_detail_is_known check (comment_detail in ('diff', 'resources', 'summary'))
  )`,
  `create index repositories_by_name on repositories (owner, name)`,

  `create table deliveries (
    id text primary key constraint deliveries_id_is_short check (length(id) between 1 and 100),
    event text not null,
    payload bytea not null,
    received_at timestamptz not null default now(),
    handled_at timestamptz,
    outcome text
  )`,
  `create index deliveries_by_time on deliveries (received_at desc)`,

  `create table stacks (
    id uuid primary key,
    repository_id bigint not null references repositories (id),
    name text not null,
    path text not null,
    branch text not null,
    definition jsonb not null,
    pull_request_number integer,
    created_at timestamptz not null default now(),
    removed_at timestamptz,
    constraint stacks_name_is_unique_in_its_repository unique (repository_id, name)
  )`,

  `create table pull_requests (
    repository_id bigint not null references repositories (id),
    number integer not null,
    title text not null,
    author text not null,
    head_sha text not null,
    head_ref text not null,
    base_ref text not null,
    state text not null constraint pull_requests_state_is_known check (state in ('open', 'closed', 'merged')),
    draft boolean not null,
    fork boolean not null,
    updated_at timestamptz not null default now(),
    reported_at timestamptz,
    config_error jsonb,
    notes jsonb not null default '[]',
    affected jsonb not null default '[]',
    rules jsonb not null default '[]',
    primary key (repository_id, number)
  )`,

  `create table commands (
    id text primary key,
    repository_id bigint not null references repositories (id),
    pull_request_number integer,
    comment_id bigint,
    verb text not null,
    author text not null,
    created_at timestamptz not null default now(),
    outcome text constraint commands_outcome_is_known check (outcome in ('started', 'refused', 'done', 'failed'))
  )`,

  `create sequence run_number`,
  `create table runs (
    id uuid primary key,
    number bigint not null unique default nextval('run_number'),
    stack_id uuid not null references stacks (id),
    repository_id bigint not null references repositories (id),
    type text not null constraint runs_type_is_known check (type in ('tracked', 'plan_only', 'destroy')),
    status text not null default 'queued' constraint runs_status_is_known
      check (status in ('queued', 'preparing', 'initializing', 'planning', 'unconfirmed', 'approved', 'applying',
                        'finished', 'failed', 'discarded', 'canceled')),
    trigger text not null constraint runs_trigger_is_known
      check (trigger in ('pull_request', 'push', 'command', 'page', 'schedule')),
    triggered_by text not null,
    trigger_reason text not null,
    branch text not null,
    commit_sha text not null,
    commit_title text not null default '',
    pull_request_number integer,
    definition jsonb not null default '{}',
    command_id text references commands (id),
    adopted_plan_id uuid,
    approved_by text,
    approved_at timestamptz,
    engine text constraint runs_engine_is_known check (engine in ('terraform', 'tofu')),
    engine_version text,
    add_count integer,
    change_count integer,
    destroy_count integer,
    created_at timestamptz not null default clock_timestamp(),
    started_at timestamptz,
    ended_at timestamptz,
    status_since timestamptz not null default clock_timestamp(),
    failure jsonb,
    ended_because text,
    warnings jsonb,
    apply_steps jsonb,
    outputs jsonb,
    cancel_requested_at timestamptz,
    cancel_requested_by text,
    cancel_as text constraint runs_cancel_as_is_known check (cancel_as in ('canceled', 'discarded')),
    lease_generation integer not null default 0,
    lease_expires_at timestamptz,
    worker_id uuid,
    attempt integer not null default 0,
    deadline_at timestamptz,
    notice text,
    constraint runs_plan_only_never_applies check (type <> 'plan_only' or status not in ('unconfirmed', 'approved', 'applying')),
    constraint runs_ended_at_is_set_with_the_end check ((ended_at is not null) = (status in ${ended})),
    constraint runs_failure_is_told check (status <> 'failed' or failure is not null)
  )`,
  `create unique index runs_one_active_per_stack on runs (stack_id)
     where type in ('tracked', 'destroy') and status in ${live}`,
  `create index runs_by_stack on runs (stack_id, number desc)`,
  `create index runs_by_stack_and_trigger on runs (stack_id, triggered_by, number desc)`,
  `create index runs_by_pull_request on runs (repository_id, pull_request_number, number desc)`,
  `create index runs_not_ended on runs (status, lease_expires_at) where status not in ${ended}`,
  `create index runs_not_ended_by_stack on runs (stack_id) where status not in ${ended}`,

  `create table stack_holds (
    id bigint generated always as identity primary key,
    stack_id uuid not null references stacks (id),
    reason text not null constraint stack_holds_reason_is_known check (reason in ('pull_request', 'outcome_unknown', 'person')),
    pull_request_number integer,
    run_id uuid references runs (id),
    note text not null,
    created_by text not null,
    created_at timestamptz not null default now(),
    released_at timestamptz,
    released_by text
  )`,
  `create unique index stack_holds_one_per_reason on stack_holds (stack_id, reason) where released_at is null`,

  `create table run_events (
    id bigint generated always as identity primary key,
    run_id uuid not null references runs (id),
    event text not null,
    from_status text not null,
    to_status text not null,
    actor text not null,
    reason text,
    at timestamptz not null default clock_timestamp()
  )`,
  `create index run_events_by_run on run_events (run_id, id)`,

  `create table run_phases (
    run_id uuid not null references runs (id),
    phase text not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    outcome text constraint run_phases_outcome_is_known check (outcome in ('succeeded', 'failed', 'canceled', 'discarded')),
    note text,
    primary key (run_id, phase)
  )`,

  `create table log_chunks (
    run_id uuid not null references runs (id),
    phase text not null,
    seq integer not null,
    bytes bytea not null,
    lines integer not null,
    first_line bigint not null,
    at timestamptz not null default clock_timestamp(),
    primary key (run_id, phase, seq)
  )`,

  `create table state_versions (
    id uuid primary key,
    stack_id uuid not null references stacks (id),
    serial numeric(20, 0) not null constraint state_versions_serial_is_not_negative check (serial >= 0),
    lineage text not null,
    md5 text not null,
    size integer not null,
    bytes bytea not null,
    run_id uuid references runs (id),
    created_by text not null,
    created_at timestamptz not null default clock_timestamp(),
    constraint state_versions_one_per_serial unique (stack_id, serial)
  )`,
  `alter table state_versions alter column bytes set storage external`,

  `create table rejected_states (
    id uuid primary key,
    stack_id uuid not null references stacks (id),
    run_id uuid references runs (id),
    reason text not null,
    bytes bytea not null,
    size integer not null,
    created_at timestamptz not null default clock_timestamp()
  )`,

  `create table state_locks (
    stack_id uuid primary key references stacks (id),
    lock_id text not null,
    info bytea not null,
    run_id uuid references runs (id),
    created_at timestamptz not null default clock_timestamp()
  )`,

  `create table state_credentials (
    token_sha256 text primary key,
    run_id uuid not null references runs (id),
    stack_id uuid not null references stacks (id),
    access text not null constraint state_credentials_access_is_known check (access in ('read', 'write')),
    created_at timestamptz not null default now(),
    revoked_at timestamptz,
    served_version_id uuid references state_versions (id),
    served_at timestamptz
  )`,
  `create index state_credentials_by_run on state_credentials (run_id)`,

  `create table plans (
    id uuid primary key,
    run_id uuid not null references runs (id) constraint plans_one_per_run unique,
    stack_id uuid not null references stacks (id),
    commit_sha text not null,
    source_digest text not null,
    state_version_id uuid references state_versions (id),
    engine text not null,
    engine_version text not null,
    lock_file_sha256 text,
    file_sha256 text not null,
    file bytea,
    lock_file bytea,
    json bytea,
    summary jsonb not null,
    has_changes boolean not null,
    created_at timestamptz not null default clock_timestamp(),
    shown_at timestamptz,
    discarded_at timestamptz,
    discarded_by text
  )`,
  `alter table plans alter column file set storage external, alter column json set storage external`,
  `alter table runs add constraint runs_adopted_plan_exists foreign key (adopted_plan_id) references plans (id)`,

  `create table applies (
    plan_id uuid not null references plans (id) constraint applies_a_plan_is_used_once unique,
    run_id uuid not null references runs (id) constraint applies_one_per_run unique,
    started_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz,
    outcome text constraint applies_outcome_is_known check (outcome in ('succeeded', 'failed', 'unknown'))
  )`,

  `create table posted_comments (
    repository_id bigint not null references repositories (id),
    pull_request_number integer not null,
    marker text not null,
    github_id bigint,
    body_sha256 text,
    updated_at timestamptz,
    primary key (repository_id, pull_request_number, marker)
  )`,

  `create table posted_checks (
    repository_id bigint not null references repositories (id),
    head_sha text not null,
    name text not null,
    run_id uuid references runs (id),
    github_id bigint,
    body_sha256 text,
    completed boolean not null default false,
    primary key (repository_id, head_sha, name)
  )`,
  `create index posted_checks_by_github_id on posted_checks (github_id)`,

  `create table workers (
    id uuid primary key,
    host text not null,
    pid integer not null,
    slots integer not null,
    job_workers text[] not null default '{}',
    started_at timestamptz not null default now(),
    seen_at timestamptz not null default now()
  )`,
];
