import { type Kysely, sql } from 'kysely';

/**
 * Configuration bundles: variables and files that a run is given. A version is written once and never changed, so that
 * what a run had, and what was approved with its plan, can be told by its id.
 */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `create table bundles (
    id uuid primary key,
    repository_id bigint not null references repositories (id),
    name text not null,
    description text not null default '',
    created_by text not null,
    created_at timestamptz not null default now(),
    removed_at timestamptz,
    removed_by text
  )`,
  `create unique index bundles_have_a_name_of_their_own on bundles (repository_id, name) where removed_at is null`,
  `create table bundle_versions (
    id uuid primary key,
    bundle_id uuid not null references bundles (id),
    number integer not null,
    contents bytea not null,
    size integer not null,
    outline jsonb not null,
    changes jsonb not null,
    created_by text not null,
    created_at timestamptz not null default now(),
    constraint bundle_versions_are_numbered unique (bundle_id, number)
  )`,
  `create table bundle_attachments (
    id bigint generated always as identity primary key,
    bundle_id uuid not null references bundles (id),
    stack_name text,
    label text,
    priority integer not null,
    created_by text not null,
    created_at timestamptz not null default now(),
    constraint bundle_attachments_are_by_name_or_label check ((stack_name is null) <> (label is null)),
    constraint bundle_attachments_are_made_once unique nulls not distinct (bundle_id, stack_name, label)
  )`,
  `create table run_bundles (
    run_id uuid not null references runs (id),
    position integer not null,
    bundle_version_id uuid not null references bundle_versions (id),
    primary key (run_id, position)
  )`,
];
