import type { ApproveView } from '../../views/parts/approve.tsx';
import type { StepView } from '../../views/parts/changes.tsx';
import type { LinkedDiagnostic } from '../../views/parts/failure.tsx';
import type { RunButtons, RunView } from '../../views/parts/run-header.tsx';
import type { PagePlan, PageRun } from '../db/page-run.ts';
import { hasPermission, neededToApprove, type Permission } from '../run/checks.ts';
import type { Diagnostic } from '../run/failure.ts';
import { planExpiresAfterMs } from '../run/limits.ts';
import { policyOf } from '../run/policy.ts';
import { acceptedEvents, isFinal } from '../run/transition.ts';
import type { GitHubLinks } from './github-links.ts';
import { countsOf, engineOf } from './run-columns.ts';

/** The run's own facts, with addresses for what lives on GitHub. */
export function toRunView(run: PageRun, links: GitHubLinks): Omit<RunView, 'bundles'> {
  const number = run.pull_request_number;
  const ended = isFinal(run.status);
  return {
    id: run.id,
    number: run.number,
    type: run.type,
    status: run.status,
    commitTitle: run.commit_title,
    branch: { name: run.branch, url: links.branch(run.branch) },
    commit: { sha: run.commit_sha, url: links.commit(run.commit_sha) },
    pullRequest:
      number === null
        ? null
        : { number, url: links.pullRequest(number), runsUrl: `/pr/${run.owner}/${run.repository}/${number}` },
    triggeredBy: run.triggered_by,
    reason: run.trigger_reason,
    engine: engineOf(run),
    createdAt: run.created_at,
    ended,
    counts: countsOf(run),
    endedBecause: ended ? run.ended_because : null,
    cancelRequestedBy: ended || run.cancel_requested_at === null ? null : (run.cancel_requested_by ?? 'somebody'),
  };
}

/** The buttons that the rules of a run would accept now. A wait for approval is discarded, not canceled. */
export function buttonsFor(run: PageRun, plan: PagePlan | undefined, may: Permission): RunButtons {
  const allowed = hasPermission(may, 'write');
  const accepted = acceptedEvents(run.status);
  const waits = run.status === 'unconfirmed';
  return {
    rerun: run.type === 'destroy' ? hasPermission(may, 'admin') : allowed,
    discard: allowed && waits,
    cancel: allowed && !waits && accepted.includes('cancel_requested') && run.cancel_requested_at === null,
    planId: plan?.id ?? '',
  };
}

export function approveView(run: PageRun, plan: PagePlan, may: Permission): ApproveView {
  const policy = policyOf(run.stack_definition);
  const expiresAt = new Date(plan.created_at.getTime() + planExpiresAfterMs(run, policy));
  const needed = neededToApprove(run.type, { policy, deletes: plan.summary.counts.destroy > 0 });
  return {
    planId: plan.id,
    summary: plan.summary,
    plannedAt: plan.created_at,
    deadlineAt: run.deadline_at,
    expiresAt: run.deadline_at === null || expiresAt < run.deadline_at ? expiresAt : null,
    allowed: hasPermission(may, needed),
    needed,
    othersOnly: !policy.approval.selfApprove,
  };
}

/** How far the apply has come; of what an ended run left begun, nobody knows the end. */
export function stepsOf({ apply_steps: steps, status }: PageRun): StepView[] {
  const unreported = isFinal(status);
  return (steps ?? []).map((step) =>
    unreported && step.result === 'started' ? { ...step, result: 'unreported' } : step,
  );
}

/** Diagnostics with the address of their line at the run's commit. */
export function linkDiagnostics(run: PageRun, diagnostics: Diagnostic[], links: GitHubLinks): LinkedDiagnostic[] {
  return diagnostics.map((diagnostic) => ({
    ...diagnostic,
    href: diagnostic.file === undefined ? null : links.file(run.commit_sha, diagnostic.file, diagnostic.line),
  }));
}
