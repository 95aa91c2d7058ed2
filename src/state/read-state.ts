import { readRejectedBytes, readVersionBytes } from '../db/state-versions.ts';
import { contexts } from '../secret/contexts.ts';
import { open } from '../secret/envelope.ts';
import type { StateStore } from './versions.ts';

/** A version's state in clear, exactly as it came. Who may have it is for the caller to say. */
export async function readState({ db, masterKey }: StateStore, versionId: string): Promise<Buffer> {
  return open(masterKey, await readVersionBytes(db, versionId), contexts.stateVersion(versionId));
}

/** As `readState`, of a write that was refused and kept aside. */
export async function readRejectedState({ db, masterKey }: StateStore, id: string): Promise<Buffer> {
  return open(masterKey, await readRejectedBytes(db, id), contexts.rejectedState(id));
}
