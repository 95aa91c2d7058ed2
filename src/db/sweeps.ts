import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Database } from './schema.ts';

/** How long a worker may be silent before its run is taken away. Renewed eight times within. */
export const leaseSeconds = 6;

/** A sweep comes every second; after a longer pause nobody has been looking. */
const pauseSeconds = 3;

/**
 * Notes that a sweep looks, and since when sweeps have been looking without a pause. While the database is away no lease
 * can be renewed, and all of them look as if they had run out when it is back.
 */
export async function noteSweep(db: Kysely<Database>): Promise<void> {
  await sql`
    insert into settings as setting (key, value)
    values ('sweep', json_build_object('since', clock_timestamp(), 'at', clock_timestamp())::text)
    on conflict (key) do update set value = json_build_object(
      'since', case when (setting.value::json ->> 'at')::timestamptz
                      > clock_timestamp() - make_interval(secs => ${pauseSeconds})
               then setting.value::json ->> 'since' else clock_timestamp()::text end,
      'at', clock_timestamp())::text`.execute(db);
}

/**
 * A condition on `runs`: its worker has been silent for longer than its lease and so many seconds, by the database's
 * clock, and had as long as a lease to say something while sweeps were looking.
 */
export function leaseRanOut(graceSeconds = 0): RawBuilder<boolean> {
  return sql<boolean>`(
    runs.lease_expires_at < clock_timestamp() - make_interval(secs => ${graceSeconds})
    and exists (select from settings where key = 'sweep'
      and (value::json ->> 'since')::timestamptz < clock_timestamp() - make_interval(secs => ${leaseSeconds})
      and (value::json ->> 'at')::timestamptz > clock_timestamp() - make_interval(secs => ${pauseSeconds})))`;
}
