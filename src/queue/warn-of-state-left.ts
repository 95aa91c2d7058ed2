import type { Transaction } from 'kysely';
import { isOfFork } from '../bundle/for-run.ts';
import type { Run } from '../db/runs.ts';
import type { Database } from '../db/schema.ts';
import { readServedVersion } from '../db/state-credentials.ts';
import { findStateLeft, type StateLeft } from '../db/state-left.ts';
import { findVersion } from '../db/state-versions.ts';
import type { SavedPlan } from '../execution/contract.ts';
import type { Diagnostic } from '../run/failure.ts';

/**
 * A warning for a plan that was not made from the state which its stack had until `state` of zenfra.yml was changed: it
 * would create a second time what that holds. Null where it was, or where there was none.
 */
export async function warnOfStateLeft(
  trx: Transaction<Database>,
  run: Run,
  plan: SavedPlan,
): Promise<Diagnostic | null> {
  if (!plan.summary.hasChanges || (await isOfFork(trx, run))) return null;
  const external = plan.externalState !== undefined;
  const left = await findStateLeft(trx, { stackId: run.stack_id, external });
  if (left === null || follows(await plannedFrom(trx, run, plan), left)) return null;
  const where = external
    ? `that Zenfra keeps of this stack (serial ${left.serial})`
    : 'that this stack had in the backend of its repository';
  return {
    severity: 'warning',
    summary: `Not made from the state ${where}: what that holds may be created a second time`,
    detail:
      'A change of "state" in zenfra.yml moves no state. Discard this plan, move the state (see "Moving a state in or ' +
      'out" in docs/operations.md), and plan again. Until that is done, or somebody has approved an apply all the same, ' +
      'auto_apply does not count for this stack.',
  };
}

type Planned = Omit<StateLeft, 'serial'> & { serial: string | null };

async function plannedFrom(trx: Transaction<Database>, run: Run, plan: SavedPlan): Promise<Planned | null> {
  if (plan.externalState !== undefined) return { ...plan.externalState, at: new Date() };
  const served = await readServedVersion(trx, run.id);
  const version = served === null ? undefined : await findVersion(trx, run.stack_id, served);
  return version ? { ...version, at: version.created_at } : null;
}

/** Moving a state keeps its lineage and serial. Where the lineage is not known, one that came later was moved. */
function follows(planned: Planned | null, left: StateLeft): boolean {
  if (planned === null || planned.lineage === null) return false;
  if (left.lineage === null) return planned.at > left.at;
  return planned.lineage === left.lineage && BigInt(planned.serial ?? 0) >= BigInt(left.serial);
}
