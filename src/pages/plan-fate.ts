import type { RunMainProps } from '../../views/run.tsx';
import type { PagePlan, PageRun, PlannedPull } from '../db/page-run.ts';
import { shortSha } from '../run/short-sha.ts';

/** What became of the plan, or how it is applied. */
export function planFate(run: PageRun, plan: PagePlan, pull: PlannedPull | undefined): RunMainProps['planFate'] {
  const plain = { run: null, command: null };
  if (plan.discarded_at) {
    const sentence = `Discarded by ${plan.discarded_by ?? 'somebody'}: it cannot be applied any more.`;
    return { ...plain, sentence };
  }
  if (plan.used_by_run_id !== null && plan.used_by_run_id !== run.id && plan.used_by_run_number !== null)
    return { ...plain, sentence: 'Applied by', run: { id: plan.used_by_run_id, number: plan.used_by_run_number } };
  if (!pull || run.type !== 'plan_only' || run.status !== 'finished' || !plan.has_changes) return null;
  const why = whyNotApplied(pull);
  if (why !== null) return { ...plain, sentence: `This plan is not applied: #${pull.number} ${why}` };
  if (pull.head_sha !== run.commit_sha) {
    const sentence = `This plan is out of date: #${pull.number} is at ${shortSha(pull.head_sha)} by now.`;
    return { ...plain, sentence };
  }
  if (pull.newest_run_id !== run.id) {
    const sentence = 'This plan is out of date: the same commit was planned again by';
    return { ...plain, sentence, run: { id: pull.newest_run_id, number: pull.newest_run_number } };
  }
  // With the commit: after a push it is refused, and the plan of the new commit is not applied instead.
  return { ...plain, sentence: null, command: `/approve ${run.stack_name} ${shortSha(run.commit_sha)}` };
}

function whyNotApplied({ state, fork, draft }: PlannedPull): string | null {
  if (state === 'merged') return 'is merged. What is applied is the plan of its push.';
  if (state === 'closed') return 'is closed.';
  if (fork) return 'comes from a fork.';
  return draft ? 'is a draft. Mark it ready for review.' : null;
}
