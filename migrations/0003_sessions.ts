import { type Kysely, sql } from 'kysely';

/** Who is signed in. The cookie holds the token that `id` is the hash of, so that a dump of the table signs nobody in. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`create table sessions (
    id text primary key constraint sessions_id_is_a_hash check (length(id) = 64),
    login text not null,
    github_id bigint not null,
    github_token bytea not null,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null
  )`.execute(db);
  await sql`create index sessions_by_end on sessions (expires_at)`.execute(db);
}
