import type { Kysely } from 'kysely';
import pg from 'pg';
import type { Database } from '../../src/db/schema.ts';

/**
 * A stack's history of so many ended runs, numbered from 1, made by the database: of each the seven phases, as many
 * events, and six chunks of a log. Ids ascend as those that Zenfra makes do. Nobody listens, and what is referred to is
 * there: no trigger has to look.
 */
export async function seedHistory(databaseUrl: string, history: { stackId: string; runs: number }): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('set session_replication_role = replica; set synchronous_commit = off');
    await client.query(insertRuns, [history.stackId, history.runs]);
    for (const statement of [insertPhases, insertEvents, insertLogs]) await client.query(statement, [history.runs]);
    // As autovacuum leaves a history behind: with statistics, and pages known to hold nothing but what all may see.
    for (const table of ['runs', 'run_phases', 'run_events', 'log_chunks'])
      await client.query(`vacuum analyze ${table}`);
  } finally {
    await client.end();
  }
}

export async function newestRunId(db: Kysely<Database>): Promise<string> {
  const row = await db.selectFrom('runs').select('id').orderBy('number', 'desc').limit(1).executeTakeFirstOrThrow();
  return row.id;
}

const runId = `('01930000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`;
const at = `now() - make_interval(secs => $1::int - n)`;

const insertRuns = `
  insert into runs (id, number, stack_id, repository_id, type, status, trigger, triggered_by, trigger_reason, branch,
                    commit_sha, commit_title, engine, engine_version, add_count, change_count, destroy_count, created_at,
                    started_at, ended_at)
  select ${runId}, n, $1::uuid, 7, case when n % 3 = 0 then 'tracked' else 'plan_only' end, 'finished', 'push',
         'person-' || n % 40, 'push touched infra/network/main.tf', 'main', md5(n::text), 'Change number ' || n,
         'terraform', '1.11.4', n % 7, n % 5, n % 3, now() - make_interval(secs => $2::int - n + 90),
         now() - make_interval(secs => $2::int - n + 80), now() - make_interval(secs => $2::int - n)
  from generate_series(1, $2::int) n`;

const insertPhases = `
  insert into run_phases (run_id, phase, started_at, ended_at, outcome)
  select ${runId}, phase, ${at}, ${at}, 'succeeded'
  from generate_series(1, $1::int) n,
       unnest(array['applying', 'approved', 'finished', 'initializing', 'planning', 'preparing', 'queued']) phase`;

const insertEvents = `
  insert into run_events (run_id, event, from_status, to_status, actor, at)
  select ${runId}, 'phase_finished', 'queued', 'planning', 'zenfra', ${at}
  from generate_series(1, $1::int) n, generate_series(1, 7) event`;

const insertLogs = `
  insert into log_chunks (run_id, phase, seq, bytes, lines, first_line)
  select ${runId}, 'planning', seq, convert_to('Refreshing state...' || chr(10), 'UTF8'), 1, seq - 1
  from generate_series(1, $1::int) n, generate_series(1, 6) seq`;
