import { type Kysely, sql } from 'kysely';

/**
 * What a page shows of a row is announced when it changes: on the channel `zenfra`, a list of the topics that changed.
 * The lease, which its worker renews every second, is no news. Log chunks have no trigger: a notification makes
 * commits wait for each other, so theirs are sent apart from the write.
 */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `create function announce_run() returns trigger language plpgsql as $$
  begin
    perform pg_notify('zenfra', concat_ws(' ', 'run:' || new.id, 'stack:' || new.stack_id,
      'repository:' || new.repository_id, 'pull:' || new.repository_id || '/' || new.pull_request_number));
    return null;
  end $$`,
  `create trigger runs_are_announced after insert or update of status, engine, engine_version, add_count, warnings,
     outputs, failure, ended_because, cancel_requested_at on runs
   for each row execute function announce_run()`,

  `create function announce_stack() returns trigger language plpgsql as $$
  begin
    perform pg_notify('zenfra', concat_ws(' ', 'stack:' || stack.id, 'repository:' || stack.repository_id))
    from stacks stack where stack.id = (to_jsonb(new) ->> tg_argv[0])::uuid;
    return null;
  end $$`,
  `create trigger stacks_are_announced after insert or update of name, path, branch, definition, removed_at on stacks
   for each row execute function announce_stack('id')`,
  `create trigger stack_holds_are_announced after insert or update of released_at on stack_holds
   for each row execute function announce_stack('stack_id')`,
  `create function announce_plan() returns trigger language plpgsql as $$
  begin
    perform pg_notify('zenfra', 'run:' || new.run_id);
    return null;
  end $$`,
  `create trigger discarded_plans_are_announced after update of discarded_at on plans
   for each row execute function announce_plan()`,

  `create function announce_pull_request() returns trigger language plpgsql as $$
  begin
    perform pg_notify('zenfra', 'pull:' || new.repository_id || '/' || new.number);
    return null;
  end $$`,
  `create trigger pull_requests_are_announced after update of title, state, draft, head_ref on pull_requests
   for each row execute function announce_pull_request()`,

  `create function announce_repository() returns trigger language plpgsql as $$
  begin
    perform pg_notify('zenfra', 'repository:' || new.id);
    return null;
  end $$`,
  `create trigger repositories_are_announced after update of config_error, owner, name, removed_at on repositories
   for each row execute function announce_repository()`,
];
