import { autoApplier, mayApplyByItself } from './auto-apply.ts';
import { builtInPolicy, type RunPolicy } from './policy.ts';
import { type RequirementFacts, type RequirementRefusal, refuseByRequirements } from './requirements.ts';
import type { RunType } from './status.ts';

/**
 * What must hold for a plan to be applied. The same facts are read when somebody approves and again just before the
 * engine starts: between the two a push, a state write or a revoked permission can come.
 */
export interface ApprovalFacts {
  now: Date;
  plan: {
    createdAt: Date;
    runNumber: number;
    commit: string;
    stateVersionId: string | null;
    sourceDigest: string;
    discardedBy: string | null;
    /** The run that used it, if one did. */
    usedByRun: number | null;
    engine: string;
    /** The branch that its stack is applied from. */
    branch: string;
    /** The stack is not in zenfra.yml any more. */
    stackRemoved: boolean;
    /** The stack's own commands are not those that it was made with. */
    hooksChanged: boolean;
    /** The state is kept elsewhere now: in a backend of the repository's own, or not any more. */
    stateMoved: boolean;
    /** It deletes or replaces resources. */
    deletes: boolean;
    /** The configuration bundles it was made with, the one that prevails first. */
    bundles: BundleFact[];
  };
  /** Of the run that applies. */
  type: RunType;
  /** The stack's own, as the tracked branch has it now. */
  policy: RunPolicy;
  /** The bundles that the stack gets now. */
  bundlesNow: BundleFact[];
  /** A person, or the stack's own setting (`autoApplier`). */
  approver: { login: string; permission: Permission };
  /** Whose change it is: the pull request's author, and who pushed or asked for the run. */
  authors: string[];
  /** Null where nothing was asked of GitHub. */
  required: RequirementFacts | null;
  /** The state as it is now, and who wrote it. */
  state: { versionId: string | null; serial: string | null; writtenByRun: number | null };
  /** The serial the plan was made from; null if there was no state. */
  plannedSerial: string | null;
  /** Null for a run of the tracked branch, whose own plan is confirmed. */
  pullRequest: {
    number: number;
    headSha: string;
    /** The branch it goes to. */
    baseRef: string;
    state: 'open' | 'closed' | 'merged';
    draft: boolean;
    /** Its conversation is closed: nobody is to be heard there. */
    locked: boolean;
    fork: boolean;
  } | null;
  /** Holds on the stack by others than this pull request or run. */
  heldBy: Hold | null;
  /** How old a pull request's plan may be. */
  expiresAfterMs: number;
  /** When the approving comment was written and when the plan was last shown, both by GitHub's clock; null where no comment approves. */
  comment: { writtenAt: Date; shownAt: Date | null } | null;
  /** The engine that would apply. Null until a worker knows. */
  engineNow: string | null;
}

/** A version of a configuration bundle. */
export interface BundleFact {
  name: string;
  versionId: string;
  number: number;
}

export interface Hold {
  reason: 'pull_request' | 'outcome_unknown' | 'person';
  pullRequest: number | null;
  runNumber: number | null;
  by: string;
}

export type Permission = 'admin' | 'maintain' | 'write' | 'read' | 'none';

/** Why a plan may not be applied. `stale` ones are followed by a new plan. */
export type ApprovalRefusal =
  | { kind: 'no_permission'; needed: Permission; has: Permission }
  | { kind: 'self_approval' }
  | { kind: 'protected' }
  | { kind: 'not_automatic' }
  | RequirementRefusal
  | { kind: 'closed'; state: 'closed' | 'merged' }
  | { kind: 'locked' }
  | { kind: 'draft' }
  | { kind: 'fork' }
  | { kind: 'retargeted'; branch: string; base: string }
  | { kind: 'removed' }
  | { kind: 'held'; hold: Hold }
  | { kind: 'used'; runNumber: number }
  | { kind: 'discarded'; by: string }
  | { kind: 'unseen' }
  | { kind: 'stale'; because: StaleReason };

export type StaleReason =
  | { kind: 'new_commit'; head: string }
  | { kind: 'state_changed'; from: string | null; to: string | null; byRun: number | null }
  | { kind: 'expired'; afterMs: number }
  | { kind: 'engine_changed'; from: string; to: string }
  | { kind: 'hooks_changed' }
  | { kind: 'state_moved' }
  /** Null for one that was not attached, or is not any more; two equal numbers when only the order is another. */
  | { kind: 'bundle_changed'; name: string; from: number | null; to: number | null };

/** The first reason not to apply, or null. Who may comes before what is wrong with the plan. */
export function refuseApproval(facts: ApprovalFacts): ApprovalRefusal | null {
  const { pullRequest, plan } = facts;
  const wrongApprover = refuseApprover(facts);
  if (wrongApprover) return wrongApprover;
  if (pullRequest?.fork) return { kind: 'fork' };
  if (pullRequest && pullRequest.state !== 'open') return { kind: 'closed', state: pullRequest.state };
  if (pullRequest?.locked) return { kind: 'locked' };
  if (pullRequest?.draft) return { kind: 'draft' };
  if (pullRequest && plan.stackRemoved) return { kind: 'removed' };
  if (pullRequest && pullRequest.baseRef !== plan.branch)
    return { kind: 'retargeted', branch: plan.branch, base: pullRequest.baseRef };
  if (facts.heldBy) return { kind: 'held', hold: facts.heldBy };
  if (plan.usedByRun !== null) return { kind: 'used', runNumber: plan.usedByRun };
  if (plan.discardedBy !== null) return { kind: 'discarded', by: plan.discardedBy };
  // They are about what a review sees: a run of the tracked branch has none.
  const unmet = pullRequest && refuseByRequirements(facts.policy.approval.requirements, facts.required);
  if (unmet) return unmet;
  const stale = staleReason(facts);
  if (stale) return { kind: 'stale', because: stale };
  if (facts.comment && !seenBefore(facts.comment)) return { kind: 'unseen' };
  return null;
}

/** Whether it is for this one to approve, whatever the plan says. */
export function refuseApprover(
  facts: Pick<ApprovalFacts, 'approver' | 'authors' | 'policy' | 'type'> & { plan: { deletes: boolean } },
): ApprovalRefusal | null {
  const { approver, policy, type, plan } = facts;
  if (type === 'destroy' && policy.protectDestroy) return { kind: 'protected' };
  if (approver.login === autoApplier)
    return mayApplyByItself({ type, policy, deletes: plan.deletes }) ? null : { kind: 'not_automatic' };
  const needed = neededToApprove(type, { policy, deletes: plan.deletes });
  if (!hasPermission(approver.permission, needed)) return { kind: 'no_permission', needed, has: approver.permission };
  const own = facts.authors.some((login) => login.toLowerCase() === approver.login.toLowerCase());
  return own && !policy.approval.selfApprove ? { kind: 'self_approval' } : null;
}

/** What a person needs to approve a run's plan: a destruction is for admins, and so is one in part where it is guarded. */
export function neededToApprove(
  type: RunType,
  { policy, deletes }: { policy: RunPolicy; deletes: boolean } = { policy: builtInPolicy, deletes: false },
): 'write' | 'maintain' | 'admin' {
  return type === 'destroy' || (policy.protectDestroy && deletes) ? 'admin' : policy.approval.permission;
}

/** What a person needs to release a stack: after an apply that nobody knows the end of, an admin says that it is safe to go on. */
export function neededToRelease(reason: Hold['reason']): 'write' | 'admin' {
  return reason === 'outcome_unknown' ? 'admin' : 'write';
}

const ranks: Record<Permission, number> = { none: 0, read: 1, write: 2, maintain: 3, admin: 4 };

/** Whether what somebody has is as much as what is needed. */
export function hasPermission(has: Permission, needed: Permission): boolean {
  return ranks[has] >= ranks[needed];
}

function staleReason(facts: ApprovalFacts): StaleReason | null {
  const { plan, pullRequest, state, now } = facts;
  if (pullRequest && pullRequest.headSha !== plan.commit) return { kind: 'new_commit', head: pullRequest.headSha };
  if (state.versionId !== plan.stateVersionId) {
    return { kind: 'state_changed', from: facts.plannedSerial, to: state.serial, byRun: state.writtenByRun };
  }
  if (now.getTime() - plan.createdAt.getTime() > facts.expiresAfterMs) {
    return { kind: 'expired', afterMs: facts.expiresAfterMs };
  }
  if (facts.engineNow !== null && facts.engineNow !== plan.engine) {
    return { kind: 'engine_changed', from: plan.engine, to: facts.engineNow };
  }
  if (plan.stateMoved) return { kind: 'state_moved' };
  if (plan.hooksChanged) return { kind: 'hooks_changed' };
  return changedBundle(plan.bundles, facts.bundlesNow);
}

/** Versions, and their order: of two bundles with one variable the order says whose value counts. */
function changedBundle(planned: readonly BundleFact[], now: readonly BundleFact[]): StaleReason | null {
  for (const { name, versionId, number } of planned) {
    const present = now.find((one) => one.name === name);
    if (present?.versionId !== versionId)
      return { kind: 'bundle_changed', name, from: number, to: present?.number ?? null };
  }
  const added = now.find((one) => !planned.some(({ name }) => name === one.name));
  if (added) return { kind: 'bundle_changed', name: added.name, from: null, to: added.number };
  const moved = now.find((one, index) => planned[index]?.name !== one.name);
  return moved ? { kind: 'bundle_changed', name: moved.name, from: moved.number, to: moved.number } : null;
}

/** GitHub's clock has whole seconds: the same second counts as seen, since a comment cannot precede what it answers. */
function seenBefore(comment: { writtenAt: Date; shownAt: Date | null }): boolean {
  return comment.shownAt !== null && comment.writtenAt.getTime() >= comment.shownAt.getTime();
}
