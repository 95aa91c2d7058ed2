import { type Kysely, sql, type Transaction } from 'kysely';
import { checkDependencies, type Dependency } from '../run/order.ts';
import type { Database } from './schema.ts';

type Db = Kysely<Database> | Transaction<Database>;

/** A run of another stack that a run waits for, because its own stack depends on that one. */
export interface RunDependency extends Dependency {
  id: string;
  number: number;
  stack: string;
}

/** The runs whose end this run waits for, oldest first. */
export async function listDependencies(db: Db, run: { after_runs: string[] }): Promise<RunDependency[]> {
  if (run.after_runs.length === 0) return [];
  return db
    .selectFrom('runs')
    .innerJoin('stacks', 'stacks.id', 'runs.stack_id')
    .select(['runs.id', 'runs.number', 'runs.status', 'stacks.name as stack'])
    .where('runs.id', 'in', run.after_runs)
    .orderBy('runs.number')
    .execute();
}

/** Whether others still keep a run from starting. */
export async function waitsForDependencies(db: Db, run: { after_runs: string[] }): Promise<boolean> {
  return checkDependencies(await listDependencies(db, run)).kind === 'waits';
}

/** The queued runs that wait for this one. */
export async function listDependents(db: Db, runId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('runs')
    .select('id')
    .where('status', '=', 'queued')
    .where(sql<boolean>`after_runs @> array[${runId}::uuid]`)
    .execute();
  return rows.map(({ id }) => id);
}

/** A newer run takes the place of older ones of its stack: who waits for those now waits for it. */
export async function replaceDependencies(
  trx: Transaction<Database>,
  { older, newer }: { older: string[]; newer: string },
): Promise<void> {
  for (const id of older) {
    await trx
      .updateTable('runs')
      .set({ after_runs: sql`array_replace(after_runs, ${id}::uuid, ${newer}::uuid)` })
      .where('status', '=', 'queued')
      .where(sql<boolean>`after_runs @> array[${id}::uuid]`)
      .execute();
  }
}
