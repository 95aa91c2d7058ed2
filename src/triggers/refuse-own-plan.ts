import type { Kysely } from 'kysely';
import { listAuthors } from '../db/approval-facts.ts';
import { findPlanOfRun } from '../db/plans.ts';
import type { Run } from '../db/runs.ts';
import type { Database } from '../db/schema.ts';
import { getStack } from '../db/stacks.ts';
import { type ApprovalRefusal, type Permission, refuseApprover } from '../run/checks.ts';
import { policyOf } from '../run/policy.ts';

/**
 * Whether somebody may not approve the plan that a run of the tracked branch waits with; null if they may. Everything
 * else that an approval rests on is looked at when the apply starts: until then a held stack may be released.
 */
export async function refuseOwnPlan(
  db: Kysely<Database>,
  run: Run,
  approver: { login: string; permission: Permission },
): Promise<ApprovalRefusal | null> {
  const [stack, plan, authors] = await Promise.all([
    getStack(db, run.stack_id),
    findPlanOfRun(db, run.id),
    listAuthors(db, run),
  ]);
  const deletes = (plan?.summary.counts.destroy ?? 0) > 0;
  return refuseApprover({ type: run.type, policy: policyOf(stack.definition), approver, authors, plan: { deletes } });
}
