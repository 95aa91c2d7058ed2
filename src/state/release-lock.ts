import { listLiveRuns } from '../db/runs.ts';
import { deleteStateLock, isAbandoned, lockStateLock, ownStack } from '../db/state-locks.ts';
import { transact } from '../db/transact.ts';
import type { StateStore } from './versions.ts';

/**
 * Drops a lock that an engine left behind, on an admin's word: never while a run applies, whose lock it may be, or while
 * the engine may still write.
 */
export async function releaseLock(
  { db, log }: Pick<StateStore, 'db' | 'log'>,
  wanted: { stackId: string; lockId: string; user: string },
): Promise<{ ok: true } | { ok: false; why: string }> {
  const result = await transact(db, async (trx) => {
    await ownStack(trx, wanted.stackId);
    const applying = (await listLiveRuns(trx, wanted.stackId)).find((run) => run.status === 'applying');
    if (applying)
      return {
        ok: false as const,
        why: `Run #${applying.number} is applying and needs the lock. Wait until it has ended.`,
      };
    const held = await lockStateLock(trx, wanted.stackId);
    if (held?.lock_id !== wanted.lockId) {
      const now = held ? `it is lock ${held.lock_id} now` : 'nobody holds it any more';
      return {
        ok: false as const,
        why: `The state’s lock is another than this page showed: ${now}. Nothing was changed.`,
      };
    }
    if (!(await isAbandoned(trx, held)))
      return {
        ok: false as const,
        why: `The engine that took lock ${held.lock_id} may still write the state: nobody knows how its run ended. Release the stack first, which takes that right from it. Nothing was changed.`,
      };
    await deleteStateLock(trx, wanted.stackId);
    return { ok: true as const };
  });
  if (result.ok) log.warn(wanted, 'a state lock was released by hand');
  return result;
}
