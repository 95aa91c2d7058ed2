/**
 * What a stack asks of a run before it may apply: the part of its configuration that grants rights. It is always the
 * one of the tracked branch; what a pull request writes about it counts only once it is merged.
 */
export interface RunPolicy {
  approval: {
    requirements: ApprovalRequirement[];
    permission: ApprovalPermission;
    /** Whether the pull request's author, or whoever pushed or asked for the run, may approve it. */
    selfApprove: boolean;
    /** How old a plan may be when it is applied; null for the built-in limits. */
    expiresMs: number | null;
  };
  autoApply: AutoApply;
  /** Destroy runs are refused, and plans that delete or replace are for admins. */
  protectDestroy: boolean;
  /** How long the engine may take; null for the built-in limits. */
  timeouts: { planMs: number | null; applyMs: number | null };
}

export const approvalRequirements = ['approved', 'undiverged', 'checks_passed'] as const;
export type ApprovalRequirement = (typeof approvalRequirements)[number];

export const approvalPermissions = ['write', 'maintain', 'admin'] as const;
export type ApprovalPermission = (typeof approvalPermissions)[number];

export const autoApplyChoices = ['never', 'no_destroy', 'always'] as const;
export type AutoApply = (typeof autoApplyChoices)[number];

/** What holds for a stack that says nothing. */
export const builtInPolicy: RunPolicy = {
  approval: { requirements: [], permission: 'write', selfApprove: true, expiresMs: null },
  autoApply: 'never',
  protectDestroy: false,
  timeouts: { planMs: null, applyMs: null },
};

/** The policy in a definition as it is stored; one that an older version stored lacks what came later. */
export function policyOf(definition: unknown): RunPolicy {
  const stored = (definition ?? {}) as Partial<RunPolicy>;
  return {
    approval: stored.approval ?? builtInPolicy.approval,
    autoApply: stored.autoApply ?? builtInPolicy.autoApply,
    protectDestroy: stored.protectDestroy ?? builtInPolicy.protectDestroy,
    timeouts: stored.timeouts ?? builtInPolicy.timeouts,
  };
}
