import { type Kysely, sql } from 'kysely';

/**
 * What was acted on last, so that a webhook that never came is noticed: of a pull request, and of each branch that a
 * stack tracks. A command keeps which reactions GitHub has.
 */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `alter table commands add column reacted text[] not null default '{}'`,
  `alter table pull_requests add column acted_on jsonb`,
  `alter table repositories add column looked_at timestamptz`,
  `create table branch_heads (
    repository_id bigint not null references repositories (id),
    branch text not null,
    sha text not null,
    acted_at timestamptz not null,
    primary key (repository_id, branch)
  )`,
];
