import { type Kysely, sql, type Transaction } from 'kysely';
import { addJob } from './jobs.ts';
import type { Database } from './schema.ts';
import { transact } from './transact.ts';

/**
 * Stores a webhook and wakes its handler, or does neither. False when a delivery with this id or this meaning is known
 * already: a redelivery makes nothing new, nor does a replay under another id.
 */
export async function storeDelivery(
  db: Kysely<Database>,
  delivery: { id: string; event: string; payload: Buffer; meaning: string | null },
): Promise<boolean> {
  return transact(db, async (trx) => {
    const inserted = await trx
      .insertInto('deliveries')
      .values(delivery)
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst();
    if (!inserted) return false;
    await addJob(trx, 'handle_delivery', { deliveryId: delivery.id }, { key: `delivery:${delivery.id}` });
    return true;
  });
}

export async function findDelivery(db: Kysely<Database>, id: string) {
  return db.selectFrom('deliveries').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function finishDelivery(db: Kysely<Database> | Transaction<Database>, id: string, outcome: string) {
  await db.updateTable('deliveries').set({ handled_at: sql`now()`, outcome }).where('id', '=', id).execute();
}

/** Which of these deliveries were stored, whatever GitHub was answered. */
export async function listStoredDeliveries(db: Kysely<Database>, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await db.selectFrom('deliveries').select('id').where('id', 'in', ids).execute();
  return new Set(rows.map((row) => row.id));
}
