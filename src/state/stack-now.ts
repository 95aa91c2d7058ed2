import type { Kysely, Transaction } from 'kysely';
import { listLiveRuns, ordered } from '../db/runs.ts';
import type { Database } from '../db/schema.ts';
import { listHolds } from '../db/stack-holds.ts';
import { isExternal } from '../run/external.ts';
import { activeRun, type OrderedRun } from '../run/order.ts';
import { statusLabels } from '../run/status.ts';

/** What keeps a person from changing the state by hand. */
export interface StackNow {
  holds: { note: string }[];
  lockId: string | null;
  /** The tracked or destroy run whose turn it is. */
  active: Pick<OrderedRun, 'number' | 'status'> | null;
}

/**
 * Why the state may not be changed by hand just now, in a sentence, or null. One that is kept elsewhere is imported before
 * `state` of zenfra.yml is changed, so that the first plan after that finds it.
 */
export async function whyStateIsBusy(
  db: Kysely<Database> | Transaction<Database>,
  stackId: string,
  change: 'import' | 'roll_back',
): Promise<string | null> {
  const [stack, holds, live, lock] = await Promise.all([
    db.selectFrom('stacks').select('definition').where('id', '=', stackId).executeTakeFirst(),
    listHolds(db, [stackId]),
    listLiveRuns(db, stackId),
    db.selectFrom('state_locks').select('lock_id').where('stack_id', '=', stackId).executeTakeFirst(),
  ]);
  if (change === 'roll_back' && isExternal(stack?.definition)) return keptElsewhere;
  return refuseChange({ holds, lockId: lock?.lock_id ?? null, active: activeRun(live.map(ordered)) ?? null });
}

const keptElsewhere = 'The repository’s own backend keeps the state of this stack (state: external in zenfra.yml).';

/** A run that is active may have planned from the state, or be about to write it; a hold says that nobody knows what is true. */
function refuseChange({ holds, lockId, active }: StackNow): string | null {
  const [hold] = holds;
  if (hold) return `The stack is held: ${hold.note.replace(/\.$/, '')}. Release it first.`;
  if (active) {
    const next = active.status === 'unconfirmed' ? 'Approve or discard it first' : 'Wait until it has ended';
    return `Run #${active.number} is under way on this stack (${statusLabels[active.status]}). ${next}.`;
  }
  if (lockId !== null) return `The state is locked (lock ${lockId}). Release the lock first.`;
  return null;
}
