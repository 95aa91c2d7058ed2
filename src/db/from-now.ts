import { type RawBuilder, sql } from 'kysely';

/** A time so many seconds from now, by the database's clock: each server's own is another one. */
export function fromNow(seconds: number): RawBuilder<Date> {
  return sql<Date>`clock_timestamp() + make_interval(secs => ${seconds})`;
}
