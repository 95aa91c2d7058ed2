import { ownStack } from '../db/state-locks.ts';
import { findCurrentVersion, insertVersion, type StateVersion } from '../db/state-versions.ts';
import { transact } from '../db/transact.ts';
import { versionRow } from './sealed-rows.ts';
import { readSnapshot, type Snapshot } from './snapshot.ts';
import { whyStateIsBusy } from './stack-now.ts';
import type { StateStore } from './versions.ts';

export type AddedVersion = { ok: true; serial: string } | { ok: false; why: string };

export interface VersionByHand {
  stackId: string;
  bytes: Buffer;
  user: string;
  origin: 'import' | 'roll_back';
  copyOf: string | null;
  /** Why not, given the present version and what is added; asked under the stack's lock. */
  refuse(now: StateVersion | undefined, added: Snapshot): string | null;
}

/**
 * Adds a version on a person's word, in one transaction under the stack's row, and only while nothing else could change
 * the state or relies on it. Everything costly is done before.
 */
export async function addByHand(store: StateStore, version: VersionByHand): Promise<AddedVersion> {
  const { stackId, bytes, user, origin, copyOf } = version;
  const read = readSnapshot(bytes);
  if (!read.ok) return read;
  const row = versionRow(store.masterKey, stackId, { bytes, snapshot: read.snapshot });
  const { serial } = row;
  const why = await transact(store.db, async (trx) => {
    await ownStack(trx, stackId);
    const now = await findCurrentVersion(trx, stackId);
    const refusal = version.refuse(now, read.snapshot) ?? (await whyStateIsBusy(trx, stackId, origin));
    if (refusal !== null) return refusal;
    await insertVersion(trx, { ...row, run_id: null, created_by: user, origin, copy_of: copyOf });
    return null;
  });
  if (why !== null) return { ok: false, why };
  store.log.info({ stackId, serial, user, origin, bytes: bytes.length }, 'a state version was added by hand');
  return { ok: true, serial };
}
