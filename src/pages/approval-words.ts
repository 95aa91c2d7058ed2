import type { ApprovalRefusal } from '../run/checks.ts';

/** Why somebody may not approve the plan of a run's own page, and what to do. */
export function approvalWords(refusal: ApprovalRefusal, login: string): string {
  switch (refusal.kind) {
    case 'no_permission':
      return `Approving this plan needs ${refusal.needed} permission, and ${login} has ${refusal.has}. Nothing was changed.`;
    case 'self_approval':
      return `Somebody else than who made the change has to approve this plan, and ${login} did. Ask a colleague. Nothing was changed.`;
    case 'protected':
      return 'This stack is protected: zenfra.yml says protect.destroy. Change that on the tracked branch first. Nothing was changed.';
    default:
      return 'This plan may not be approved. Nothing was changed.';
  }
}
