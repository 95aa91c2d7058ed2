import type { Kysely, Selectable } from 'kysely';
import type { Database, InstallationsTable } from './schema.ts';

export type Installation = Selectable<InstallationsTable>;

/** Those that were not taken off, as far as we know. */
export async function listInstallationsInUse(db: Kysely<Database>): Promise<Installation[]> {
  return db.selectFrom('installations').selectAll().where('deleted_at', 'is', null).orderBy('id').execute();
}

export async function setInstallationEnds(
  db: Kysely<Database>,
  id: number,
  ends: { deletedAt: Date | null; suspendedAt: Date | null },
): Promise<void> {
  const columns = { deleted_at: ends.deletedAt, suspended_at: ends.suspendedAt };
  await db.updateTable('installations').set(columns).where('id', '=', id).execute();
}
