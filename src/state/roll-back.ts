import { findCurrentVersion, findVersion, type StateVersion } from '../db/state-versions.ts';
import { type AddedVersion, addByHand } from './add-by-hand.ts';
import { readState } from './read-state.ts';
import { isEncrypted, largestSerial, withSerial } from './snapshot.ts';
import type { StateStore } from './versions.ts';

export interface RollBack {
  stackId: string;
  /** The version to go back to. */
  versionId: string;
  /** The present version as the person saw it: if there is another by now, nothing is done. */
  currentId: string;
  user: string;
}

/**
 * Makes a new version with the content of an old one, under a serial one higher than the present: engines accept no
 * other way back. Plans made from the present version are out of date with it, by the version's id. Resources stay as
 * they are; the next plan shows how they differ.
 */
export async function rollBack(store: StateStore, wanted: RollBack): Promise<AddedVersion> {
  const { stackId, versionId, currentId, user } = wanted;
  const [old, current, newest] = await Promise.all([
    findVersion(store.db, stackId, versionId),
    findVersion(store.db, stackId, currentId),
    findCurrentVersion(store.db, stackId),
  ]);
  if (!old || !current || !newest) return { ok: false, why: 'This stack has no such state version.' };
  if (newest.id !== current.id) return { ok: false, why: moved(newest) };
  if (old.id === current.id) return { ok: false, why: `Serial ${old.serial} is the present state already.` };
  const serial = BigInt(current.serial) + 1n;
  if (serial > largestSerial)
    return { ok: false, why: `Serial ${current.serial} is the highest there can be: no version can follow it.` };
  const content = await readState(store, old.id);
  if (isEncrypted(content)) return { ok: false, why: sealedSerial(old, serial) };
  const bytes = withSerial(content, serial);
  return addByHand(store, {
    ...{ stackId, bytes, user, origin: 'roll_back', copyOf: old.id },
    refuse: (now) => (now?.id === current.id ? null : moved(now)),
  });
}

/** OpenTofu refuses a state whose serial is another inside. */
function sealedSerial({ serial }: StateVersion, next: bigint): string {
  return `Serial ${serial} is encrypted by OpenTofu, its serial as well, so Zenfra cannot make it the next one. Download it, have OpenTofu write it as serial ${next} or higher with its key, and import that. Nothing was changed.`;
}

function moved(now: StateVersion | undefined): string {
  return `The state has changed since this page was made: it is at serial ${now?.serial ?? 'none'} now. Nothing was changed. Compare again.`;
}
