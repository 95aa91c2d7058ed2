import type { PlanSummary } from '../../src/plan/summary.ts';
import { shortSha } from '../../src/run/short-sha.ts';
import type { Frame } from '../layout.tsx';
import { ActionForm } from './action-form.tsx';
import { changesTitle } from './changes.tsx';
import type { RunView } from './run-header.tsx';
import { plural, Shown } from './text.tsx';
import { Ago, Timestamp } from './time.tsx';

export interface ApproveView {
  planId: string;
  summary: PlanSummary;
  plannedAt: Date;
  /** When the run is given up if nobody approves it. */
  deadlineAt: Date | null;
  /** When the plan is too old to be applied, if that comes before. */
  expiresAt: Date | null;
  /** Whether the reader can press the button here. */
  allowed: boolean;
  /** The permission it takes. */
  needed: 'write' | 'maintain' | 'admin';
  /** Whoever made the change may not approve it. */
  othersOnly: boolean;
}

interface ApproveBoxProps {
  approve: ApproveView;
  run: RunView;
  stackName: string;
  /** Whether others hold the stack: then nothing can be approved. */
  held: boolean;
  frame: Frame;
}

/** What a person agrees to, and the button. Every resource that would be destroyed is named. */
export function ApproveBox({ approve, run, stackName, held, frame }: ApproveBoxProps) {
  const { now } = frame;
  const { summary } = approve;
  const changed = summary.resources.filter(
    (resource) => resource.action !== 'no-op' && resource.action !== 'read',
  ).length;
  const destroys = run.type === 'destroy';
  const expired = approve.expiresAt !== null && approve.expiresAt <= now;
  return (
    <section class="card approve" aria-labelledby="approve">
      <div class="what">
        <h2 id="approve" class="plain">
          This plan {destroys ? 'destroys' : 'changes'} {plural(changed, 'resource')} in <Shown text={stackName} />
        </h2>
        <p>{changesTitle(summary)}</p>
        <Named summary={summary} action="delete" words="will be destroyed:" />
        <Named summary={summary} action="replace" words="will be destroyed and made anew:" />
        <p class="mute">
          Planned <Ago at={approve.plannedAt} now={now} /> at <code>{shortSha(run.commit.sha)}</code>.{' '}
          <Until approve={approve} expired={expired} now={now} />
        </p>
        {expired ? (
          <p>It cannot be applied any more. Re-run it, and approve the new plan.</p>
        ) : (
          <p class={approve.allowed ? 'mute' : undefined}>
            {approve.allowed ? 'Whoever has' : 'Somebody with'} {approve.needed} permission on the repository
            {approve.othersOnly && ` ${approve.allowed ? 'and' : 'who'} did not make the change`} can approve it here
            {held && ', once the stack is free'}.
          </p>
        )}
      </div>
      {approve.allowed && !held && !expired && (
        <ActionForm
          action={`/runs/${run.id}/approve`}
          label={destroys ? 'Approve and destroy' : 'Approve and apply'}
          formToken={frame.viewer?.formToken ?? ''}
          tone={destroys ? 'danger' : 'go'}
          fields={{ plan: approve.planId }}
          {...(destroys ? { typedName: stackName } : {})}
        />
      )}
    </section>
  );
}

function Until({ approve, expired, now }: { approve: ApproveView; expired: boolean; now: Date }) {
  const { deadlineAt, expiresAt } = approve;
  const at = expiresAt ?? deadlineAt;
  if (at === null) return null;
  const words = expiresAt === null ? 'Discarded by itself on' : expired ? 'Too old since' : 'To be applied until';
  return (
    <>
      {words} <Timestamp at={at} now={now} />.
    </>
  );
}

function Named({ summary, action, words }: { summary: PlanSummary; action: 'delete' | 'replace'; words: string }) {
  const resources = summary.resources.filter((resource) => resource.action === action);
  if (resources.length === 0) return null;
  return (
    <div class="destroyed">
      <b>
        {plural(resources.length, 'resource')} {words}
      </b>
      <ul>
        {resources.map((resource) => (
          <li>
            <code>
              <Shown text={resource.address} />
            </code>
          </li>
        ))}
      </ul>
    </div>
  );
}
