import type { RunPolicy } from './policy.ts';
import type { RunType } from './status.ts';

/** Stands where a run that applies by itself has its approver. No login holds a blank. */
export const autoApplier = 'auto_apply of zenfra.yml';

/** Whether a run's own plan goes on without a person. A destruction never does, nor what the stack leaves to admins. */
export function mayApplyByItself(run: { type: RunType; policy: RunPolicy; deletes: boolean }): boolean {
  const { autoApply, protectDestroy } = run.policy;
  if (run.type !== 'tracked' || (protectDestroy && run.deletes)) return false;
  return autoApply === 'always' || (autoApply === 'no_destroy' && !run.deletes);
}
