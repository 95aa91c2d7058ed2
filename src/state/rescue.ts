import type { Transaction } from 'kysely';
import type { Database } from '../db/schema.ts';
import { shareStack } from '../db/state-locks.ts';
import { findCurrentVersion, insertRejectedState, insertVersion, type StateVersion } from '../db/state-versions.ts';
import type { MasterKey } from '../secret/envelope.ts';
import { rejectedRow, versionRow } from './sealed-rows.ts';
import { readSnapshot, type Snapshot } from './snapshot.ts';

/** A state that an engine could not save at the end of an apply, byte for byte. */
export interface Rescued {
  stackId: string;
  runId: string;
  /** The person on whose word the run changed things. */
  person: string;
  bytes: Buffer;
  /** Why it must not become the stack's state whatever it is; null where it may. */
  aside: string | null;
}

export type Kept = { stored: true; serial: string } | { stored: false; id: string; why: string };

/**
 * Makes it the stack's state, if it follows on what the run itself began with or has saved: the same lineage, a newer
 * serial. Anything else is kept aside for a person to look at. Nothing is lost either way.
 */
export async function keepRescuedState(
  trx: Transaction<Database>,
  masterKey: MasterKey,
  rescued: Rescued,
): Promise<Kept> {
  await shareStack(trx, rescued.stackId);
  const read = readSnapshot(rescued.bytes);
  const current = await findCurrentVersion(trx, rescued.stackId);
  const base = await findBase(trx, rescued.runId);
  const why = rescued.aside ?? (read.ok ? doubt(read.snapshot, current, base) : read.why);
  const { stackId, runId, bytes } = rescued;
  if (!read.ok || why !== null) {
    const reason = `the engine could not save it at the end of its apply; ${why}`;
    const row = rejectedRow(masterKey, { stackId, runId, bytes, reason });
    await insertRejectedState(trx, row);
    return { stored: false, id: row.id, why: why ?? '' };
  }
  const row = versionRow(masterKey, stackId, { bytes, snapshot: read.snapshot });
  await insertVersion(trx, { ...row, run_id: runId, created_by: rescued.person });
  return { stored: true, serial: read.snapshot.serial };
}

interface Base {
  runId: string;
  /** The state version that the run's plan was made from. */
  versionId: string | null;
}

async function findBase(trx: Transaction<Database>, runId: string): Promise<Base> {
  const plan = await trx
    .selectFrom('applies')
    .innerJoin('plans', 'plans.id', 'applies.plan_id')
    .select('plans.state_version_id')
    .where('applies.run_id', '=', runId)
    .executeTakeFirst();
  return { runId, versionId: plan?.state_version_id ?? null };
}

/** Why it cannot simply follow; null if it can. */
function doubt({ serial, lineage }: Snapshot, current: StateVersion | undefined, base: Base): string | null {
  if (!current) return base.versionId === null ? null : 'the state that its plan was made from is gone';
  if (current.run_id !== base.runId && current.id !== base.versionId)
    return `the present state (serial ${current.serial}) was saved by another since`;
  if (lineage !== current.lineage) return `its lineage is ${lineage}, and the present state is of ${current.lineage}`;
  if (BigInt(serial) <= BigInt(current.serial))
    return `its serial is ${serial}, and the present state has ${current.serial}`;
  return null;
}
