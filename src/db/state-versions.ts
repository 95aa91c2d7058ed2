import { type Insertable, type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { Database, RejectedStatesTable, StateVersionsTable } from './schema.ts';

type Db = Kysely<Database> | Transaction<Database>;

/** A version without its bytes, which can be a hundred megabytes. */
export type StateVersion = Omit<Selectable<StateVersionsTable>, 'bytes'>;

const columns = ['id', 'stack_id', 'serial', 'lineage', 'md5', 'size', 'run_id', 'created_by', 'created_at'] as const;

/** The stack's present state; undefined if it has none yet. */
export async function findCurrentVersion(db: Db, stackId: string): Promise<StateVersion | undefined> {
  return db
    .selectFrom('state_versions')
    .select(columns)
    .where('stack_id', '=', stackId)
    .orderBy('serial', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Versions are only ever added. */
export async function insertVersion(
  trx: Transaction<Database>,
  version: Insertable<StateVersionsTable>,
): Promise<void> {
  await trx.insertInto('state_versions').values(version).execute();
}

/**
 * The sealed bytes of a version. Read in parts: PostgreSQL sends `bytea` as text of twice the size, and the whole of a
 * large one would be held several times over.
 */
export async function readVersionBytes(db: Db, id: string): Promise<Buffer> {
  const partLength = 4 * 1024 * 1024;
  const parts: Buffer[] = [];
  for (;;) {
    const { part } = await db
      .selectFrom('state_versions')
      .select(
        sql<Buffer>`substring(bytes from ${parts.length * partLength + 1}::int for ${partLength}::int)`.as('part'),
      )
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    parts.push(part);
    if (part.length < partLength) return parts.length === 1 ? part : Buffer.concat(parts);
  }
}

/** Keeps a write that was refused: it may be the only record of what exists. */
export async function insertRejectedState(db: Db, rejected: Insertable<RejectedStatesTable>): Promise<void> {
  await db.insertInto('rejected_states').values(rejected).execute();
}

export async function countRejectedStates(db: Db, runId: string): Promise<number> {
  const { count } = await db
    .selectFrom('rejected_states')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('run_id', '=', runId)
    .executeTakeFirstOrThrow();
  return count;
}
