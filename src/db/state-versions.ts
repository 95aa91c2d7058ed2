import { type Insertable, type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { Database, RejectedStatesTable, StateVersionsTable } from './schema.ts';

type Db = Kysely<Database> | Transaction<Database>;

/** A version without its bytes, which can be a hundred megabytes. */
export type StateVersion = Omit<Selectable<StateVersionsTable>, 'bytes' | 'holds_resources'>;

const columns = [
  'id',
  'stack_id',
  'serial',
  'lineage',
  'md5',
  'size',
  'run_id',
  'created_by',
  'created_at',
  'origin',
  'copy_of',
] as const;

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

/** A version of this very stack. */
export async function findVersion(db: Db, stackId: string, id: string): Promise<StateVersion | undefined> {
  return db
    .selectFrom('state_versions')
    .select(columns)
    .where('stack_id', '=', stackId)
    .where('id', '=', id)
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
  return readBytes(db, 'state_versions', id);
}

/** As `readVersionBytes`, of a write that was refused. */
export async function readRejectedBytes(db: Db, id: string): Promise<Buffer> {
  return readBytes(db, 'rejected_states', id);
}

async function readBytes(db: Db, table: 'state_versions' | 'rejected_states', id: string): Promise<Buffer> {
  const partLength = 4 * 1024 * 1024;
  const parts: Buffer[] = [];
  for (;;) {
    const { rows } = await sql<{ part: Buffer }>`
      select substring(bytes from ${parts.length * partLength + 1}::int for ${partLength}::int) as part
      from ${sql.table(table)} where id = ${id}`.execute(db);
    const [row] = rows;
    if (!row) throw new Error(`There are no bytes ${id} in ${table}`);
    const { part } = row;
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
