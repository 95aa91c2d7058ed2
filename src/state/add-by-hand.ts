import { createHash, randomUUID } from 'node:crypto';
import { ownStack } from '../db/state-locks.ts';
import { findCurrentVersion, insertVersion, type StateVersion } from '../db/state-versions.ts';
import { transact } from '../db/transact.ts';
import { seal } from '../secret/envelope.ts';
import { readSnapshot, type Snapshot } from './snapshot.ts';
import { whyStateIsBusy } from './stack-now.ts';
import { placeOf, type StateStore } from './versions.ts';

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
  const { serial, lineage, holdsResources } = read.snapshot;
  const id = randomUUID();
  const sealed = seal(store.masterKey, bytes, placeOf(id));
  const md5 = createHash('md5').update(bytes).digest('hex');
  const why = await transact(store.db, async (trx) => {
    await ownStack(trx, stackId);
    const now = await findCurrentVersion(trx, stackId);
    const refusal = version.refuse(now, read.snapshot) ?? (await whyStateIsBusy(trx, stackId, origin));
    if (refusal !== null) return refusal;
    const row = { id, stack_id: stackId, serial, lineage, md5, size: bytes.length, bytes: sealed };
    const from = { run_id: null, created_by: user, origin, copy_of: copyOf };
    await insertVersion(trx, { ...row, ...from, holds_resources: holdsResources });
    return null;
  });
  if (why !== null) return { ok: false, why };
  store.log.info({ stackId, serial, user, origin, bytes: bytes.length }, 'a state version was added by hand');
  return { ok: true, serial };
}
