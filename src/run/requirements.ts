import type { ApprovalRequirement } from './policy.ts';

/** What a stack's requirements look at, at the head of its pull request. What was not asked of GitHub is null. */
export interface RequirementFacts {
  /** Who approved the head by a review, may write and is not the author. */
  approvedBy: string[] | null;
  /** How many commits of the base the head lacks. */
  behindBy: number | null;
  /** The names of the checks of others that have failed, and of those that are still to end. */
  checks: { failed: string[]; pending: string[] } | null;
}

export type RequirementRefusal =
  | { kind: 'not_reviewed' }
  | { kind: 'diverged'; behindBy: number }
  | { kind: 'checks'; failed: string[]; pending: string[] };

/**
 * The first requirement that does not hold, or null. One whose facts are missing does not: the stack may have got it
 * since GitHub was asked.
 */
export function refuseByRequirements(
  requirements: readonly ApprovalRequirement[],
  facts: RequirementFacts | null,
): RequirementRefusal | null {
  if (requirements.includes('approved') && !facts?.approvedBy?.length) return { kind: 'not_reviewed' };
  if (requirements.includes('undiverged') && facts?.behindBy !== 0)
    return { kind: 'diverged', behindBy: facts?.behindBy ?? 0 };
  if (!requirements.includes('checks_passed')) return null;
  const { failed, pending } = facts?.checks ?? { failed: [], pending: [] };
  return facts?.checks && failed.length + pending.length === 0 ? null : { kind: 'checks', failed, pending };
}
