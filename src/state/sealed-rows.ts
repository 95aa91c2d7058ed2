import { createHash, randomUUID } from 'node:crypto';
import { contexts } from '../secret/contexts.ts';
import { type MasterKey, seal } from '../secret/envelope.ts';
import type { Snapshot } from './snapshot.ts';

/** The row of a new version. Sealing a large state takes a while, so where it can be this is done before a transaction. */
export function versionRow(masterKey: MasterKey, stackId: string, state: { bytes: Buffer; snapshot: Snapshot }) {
  const { bytes, snapshot } = state;
  const id = randomUUID();
  return {
    id,
    stack_id: stackId,
    serial: snapshot.serial,
    lineage: snapshot.lineage,
    holds_resources: snapshot.holdsResources,
    md5: createHash('md5').update(bytes).digest('hex'),
    size: bytes.length,
    bytes: seal(masterKey, bytes, contexts.stateVersion(id)),
  };
}

/** The row of a state that is kept aside, with the reason. */
export function rejectedRow(
  masterKey: MasterKey,
  { stackId, runId, bytes, reason }: { stackId: string; runId: string; bytes: Buffer; reason: string },
) {
  const id = randomUUID();
  const sealed = seal(masterKey, bytes, contexts.rejectedState(id));
  return { id, stack_id: stackId, run_id: runId, reason, bytes: sealed, size: bytes.length };
}
