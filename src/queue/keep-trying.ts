import { type Kysely, sql } from 'kysely';
import type { Database } from '../db/schema.ts';

/** graphile-worker waits e^n seconds after the n-th try: with this many counted, seven minutes at most. */
const triesCounted = 5;

/**
 * Webhooks and reports are tried for as long as this. By graphile-worker's own rule the pause grows to six hours, and
 * after the 25th try the job is dead: what failed through an outage of a morning would be told in the afternoon, and
 * after one of days never.
 */
const keptForDays = 7;

/**
 * Has what GitHub could not take so far tried again, every few minutes until it does. A job that is dead comes back by
 * this too. One without a key was replaced by a newer wish for the same; a phase is tried again by what its row says.
 */
export async function keepTrying(db: Kysely<Database>): Promise<void> {
  await sql`
    select graphile_worker.reschedule_jobs(array_agg(id), attempts => ${triesCounted}::int)
    from graphile_worker.jobs
    where attempts > ${triesCounted} and max_attempts > 1 and key is not null and locked_at is null
      and created_at > clock_timestamp() - make_interval(days => ${keptForDays})
    having count(*) > 0`.execute(db);
}
