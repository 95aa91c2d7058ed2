import { findPlanOfRun } from '../db/plans.ts';
import { findRun, getRun } from '../db/runs.ts';
import { advance } from '../queue/advance.ts';
import type { RunEvent } from '../run/event.ts';
import type { TriggerDeps } from '../triggers/deps.ts';
import { rerun, triggerRun } from '../triggers/page.ts';
import { refuseOwnPlan } from '../triggers/refuse-own-plan.ts';
import { releaseHold } from '../triggers/release-stack.ts';
import type { ActionResult, PageActions } from './actions.ts';
import { approvalWords } from './approval-words.ts';

/** What the pages' buttons do: the same as a comment or a check's button. */
export function pageActions(deps: TriggerDeps): PageActions {
  return {
    approve: async ({ runId, planId, user, permission }) => {
      const plan = await findPlanOfRun(deps.db, runId);
      if (plan?.id !== planId)
        return { ok: false, why: 'This run has another plan by now. Look at it before you approve.' };
      const run = await getRun(deps.db, runId);
      const refusal = await refuseOwnPlan(deps.db, run, { login: user, permission });
      if (refusal) return { ok: false, why: approvalWords(refusal, user) };
      return act(deps, { runId, user, event: { type: 'approved', by: user } });
    },
    discard: ({ runId, user }) => act(deps, { runId, user, event: { type: 'discarded', by: `@${user}` } }),
    cancel: ({ runId, user }) => act(deps, { runId, user, event: { type: 'cancel_requested', by: `@${user}` } }),
    rerun: (request) => rerun(deps, request),
    trigger: (request) => triggerRun(deps, request),
    release: (request) => releaseHold(deps.db, request),
  };
}

async function act(deps: TriggerDeps, wanted: { runId: string; user: string; event: RunEvent }): Promise<ActionResult> {
  if (!(await findRun(deps.db, wanted.runId))) return { ok: false, why: 'There is no such run.' };
  const moved = await advance(deps.db, { runId: wanted.runId, event: wanted.event, actor: wanted.user });
  return moved.ok ? { ok: true, runId: wanted.runId } : { ok: false, why: moved.why };
}
