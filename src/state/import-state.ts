import { type AddedVersion, addByHand } from './add-by-hand.ts';
import type { StateStore } from './versions.ts';

/** Takes a state file that was kept elsewhere as the first version of a stack, byte for byte, with its serial and lineage. */
export async function importState(
  store: StateStore,
  wanted: { stackId: string; bytes: Buffer; user: string },
): Promise<AddedVersion> {
  return addByHand(store, {
    ...{ ...wanted, origin: 'import', copyOf: null },
    refuse: (now) =>
      now
        ? `This stack has a state already (serial ${now.serial}, lineage ${now.lineage}). An import is for a stack that has none. Nothing was changed.`
        : null,
  });
}
