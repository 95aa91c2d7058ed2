import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from './schema.ts';

/** With any of these off, PostgreSQL may forget after a crash what it has said to have written. */
const settings = ['fsync', 'full_page_writes', 'synchronous_commit'] as const;

/** Says so in the log: a state that was acknowledged could be lost. */
export async function warnOfLoss(db: Kysely<Database>, log: Logger): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select name from pg_settings where setting = 'off' and name = any (${[...settings]})`.execute(db);
  const off = rows.map((row) => row.name);
  if (off.length === 0) return;
  log.warn(
    { off },
    `PostgreSQL runs with ${off.join(', ')} off: after a crash it may have lost what it said it had saved, states too. Turn it on.`,
  );
}
