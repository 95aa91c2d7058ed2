import { type Kysely, sql } from 'kysely';

/** Frozen: what has shipped is changed by a later migration, never here. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `create table module_files (
    repository_id bigint not null references repositories (id),
    sha text not null,
    says jsonb not null,
    primary key (repository_id, sha)
  )`,
  `alter table repositories add column discovers boolean not null default false`,
  // The runs whose end a run waits for before it starts.
  `alter table runs add column after_runs uuid[] not null default '{}'`,
  `create index runs_that_wait_for_others on runs using gin (after_runs) where status = 'queued'`,
];
