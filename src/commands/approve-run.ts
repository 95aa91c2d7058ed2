import { getRun, type Run } from '../db/runs.ts';
import { getStack } from '../db/stacks.ts';
import { transact } from '../db/transact.ts';
import { advanceIn } from '../queue/advance.ts';
import { refusedApproval } from '../reports/words/approval.ts';
import { alreadyApproved } from '../reports/words/replies.ts';
import type { Permission } from '../run/checks.ts';
import { refuseOwnPlan } from '../triggers/refuse-own-plan.ts';
import type { CommandDeps } from './command.ts';
import { named } from './named.ts';

/**
 * Approves a run that waits for it, for the command that asked, whose reactions follow the run then. Null when it was
 * done, else why not: of two at once, the later is told who was first.
 */
export async function approveRun(
  deps: Pick<CommandDeps, 'db' | 'publicUrl'>,
  run: Run,
  { login, permission, commandId }: { login: string; permission: Permission; commandId?: string },
): Promise<string | null> {
  const refusal = await refuseOwnPlan(deps.db, run, { login, permission });
  if (refusal) {
    const stack = await getStack(deps.db, run.stack_id);
    return refusedApproval(refusal, { stack: stack.name, sha: run.commit_sha, login });
  }
  const moved = await transact(deps.db, async (trx) => {
    const approved = await advanceIn(trx, { runId: run.id, event: { type: 'approved', by: login }, actor: login });
    if (approved.ok && commandId !== undefined)
      await trx.updateTable('runs').set({ command_id: commandId }).where('id', '=', run.id).execute();
    return approved;
  });
  if (moved.ok) return null;
  const now = await getRun(deps.db, run.id);
  return now.approved_by === null ? moved.why : alreadyApproved({ by: now.approved_by, run: named(deps, now) });
}
