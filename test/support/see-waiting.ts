import { type Kysely, sql } from 'kysely';
import type { Database } from '../../src/db/schema.ts';

/** Waits until so many of the database's sessions wait for a stack's row. */
export async function seeWaitingForStack(db: Kysely<Database>, count: number): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%"stacks"%'`.execute(db);
    if ((rows[0]?.n ?? 0) >= count) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
