import { type AddedVersion, addByHand } from './add-by-hand.ts';
import type { StateStore } from './versions.ts';

/**
 * Takes a state file that was kept elsewhere, byte for byte, with its serial and lineage: as the first version of a stack,
 * or as the next where it was moved out before and comes back.
 */
export async function importState(
  store: StateStore,
  wanted: { stackId: string; bytes: Buffer; user: string },
): Promise<AddedVersion> {
  return addByHand(store, {
    ...{ ...wanted, origin: 'import', copyOf: null },
    refuse: (now, added) =>
      now === undefined || (added.lineage === now.lineage && BigInt(added.serial) > BigInt(now.serial))
        ? null
        : `This stack has a state already (serial ${now.serial}, lineage ${now.lineage}). An import is for a stack that has none, or for a later serial of that lineage. Nothing was changed.`,
  });
}
