import { Hono } from 'hono';
import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import { pendingMigrations } from '../db/migrate.ts';
import type { Database } from '../db/schema.ts';

/** `/livez`: the process answers. `/readyz`: it can work, that is, the database is there and has this version's tables. */
export function healthRoutes({ db, log }: { db: Kysely<Database>; log: Logger }): Hono {
  const routes = new Hono();
  routes.get('/livez', (c) => c.text('ok'));
  routes.get('/readyz', async (c) => {
    try {
      await sql`select 1`.execute(db);
      const pending = await pendingMigrations(db);
      return pending.length === 0 ? c.text('ok') : c.text(`migrations are missing: ${pending.join(', ')}`, 503);
    } catch (error) {
      log.warn({ err: error }, 'not ready');
      return c.text('the database does not answer', 503);
    }
  });
  return routes;
}
