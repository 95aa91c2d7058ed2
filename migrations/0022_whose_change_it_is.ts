import { type Kysely, sql } from 'kysely';

/** Frozen: what has shipped is changed by a later migration, never here. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  // Who pushed a commit, whether or not a run was made of it.
  `create table commit_pushers (
     repository_id bigint not null references repositories (id),
     commit_sha text not null,
     login text not null,
     primary key (repository_id, commit_sha, login)
   )`,
  `insert into commit_pushers (repository_id, commit_sha, login)
     select distinct repository_id, commit_sha, triggered_by from runs where trigger = 'pull_request'`,
  `alter table runs add column authors text[] not null default '{}'`,
  'create index runs_by_commit on runs (repository_id, commit_sha)',
  'create index runs_by_command on runs (command_id) where command_id is not null',
  'create index plans_by_stack on plans (stack_id)',
];
