import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';
import { destroyedAll } from './stacks.ts';

type Db = Kysely<Database> | Transaction<Database>;

/** A state that a stack has where it is not kept any more. */
export interface StateLeft {
  /** Null where it is not known: it was made by an apply, and no plan was made from it since. */
  lineage: string | null;
  /** The least that it is at. */
  serial: string;
  /** When it was seen last. */
  at: Date;
}

/**
 * What the other keeper has of the stack's state, since a change of `state` in zenfra.yml moves nothing: of a stack with
 * a backend of its own (`external`) that is what we keep, of another what its backend had. Null where that is nothing, or
 * where somebody has applied since then without it.
 */
export async function findStateLeft(
  db: Db,
  { stackId, external }: { stackId: string; external: boolean },
): Promise<StateLeft | null> {
  const left = external ? await findKept(db, stackId) : await findInBackend(db, stackId);
  if (left === null) return null;
  const applied = await db
    .selectFrom('applies')
    .innerJoin('plans', 'plans.id', 'applies.plan_id')
    .select('applies.run_id')
    .where('plans.stack_id', '=', stackId)
    .where('plans.external_state', external ? 'is not' : 'is', null)
    .where('applies.outcome', '=', 'succeeded')
    .where('applies.started_at', '>', left.at)
    .limit(1)
    .executeTakeFirst();
  return applied ? null : left;
}

async function findKept(db: Db, stackId: string): Promise<StateLeft | null> {
  const newest = await db
    .selectFrom('state_versions')
    .leftJoin('runs', 'runs.id', 'state_versions.run_id')
    .select(['lineage', 'serial', 'state_versions.created_at as at', 'holds_resources', destroyedAll.as('destroyed')])
    .where('state_versions.stack_id', '=', stackId)
    .orderBy('serial', 'desc')
    .limit(1)
    .executeTakeFirst();
  return newest && (newest.holds_resources ?? !newest.destroyed) ? newest : null;
}

/** All that is known of it is what plans were made from, and which of them were applied: that makes a next serial. */
async function findInBackend(db: Db, stackId: string): Promise<StateLeft | null> {
  const at = sql<Date>`coalesce(applies.started_at, plans.created_at)`;
  const last = await db
    .selectFrom('plans')
    .leftJoin('applies', 'applies.plan_id', 'plans.id')
    .leftJoin('runs', 'runs.id', 'applies.run_id')
    .select(['plans.external_state', 'applies.outcome', 'runs.type', at.as('at')])
    .where('plans.stack_id', '=', stackId)
    .where('plans.external_state', 'is not', null)
    .orderBy(at, 'desc')
    .limit(1)
    .executeTakeFirst();
  const planned = last?.external_state;
  if (!last || !planned) return null;
  const applied = last.type !== null;
  const destroyed = last.type === 'destroy' && last.outcome === 'succeeded';
  if (destroyed || (!applied && planned.lineage === null)) return null;
  const serial = BigInt(planned.serial ?? 0) + (applied ? 1n : 0n);
  return { lineage: planned.lineage, serial: String(serial), at: last.at };
}
