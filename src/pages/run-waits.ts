import type { HoldView } from '../../views/parts/hold.tsx';
import type { WaitView } from '../../views/parts/waits.tsx';
import type { PageRun } from '../db/page-run.ts';
import type { RunDependency } from '../db/run-dependencies.ts';
import { ordered, type Run } from '../db/runs.ts';
import type { StackHold } from '../db/stack-holds.ts';
import { waitForWorker } from '../db/waits.ts';
import type { Permission } from '../run/checks.ts';
import { checkDependencies, othersHold, turnOf } from '../run/order.ts';
import { type RunStatus, statusLabels } from '../run/status.ts';
import type { GitHubLinks } from './github-links.ts';
import { toHoldView } from './hold-view.ts';

/** What is looked at to tell what a run waits for. */
export interface Around {
  /** Runs of the stack that have not ended. */
  live: Run[];
  holds: StackHold[];
  /** Runs of other stacks that it comes after. */
  others: RunDependency[];
  links: GitHubLinks;
  may: Permission;
  /** Of all workers that live. */
  slots: number;
  now: Date;
}

/** What the run waits for and what makes it go on; null if it does not wait for anything but a person's approval. */
export function waitView(run: PageRun, around: Around): WaitView | null {
  const turn = run.status === 'queued' ? turnOf(ordered(run), around.live.map(ordered)) : ({ now: true } as const);
  if (!turn.now) {
    const { id, number, status } = turn.behind;
    const blocker = { id, number, label: statusLabels[status], stack: null };
    return { reason: `waits for run #${number}`, way: wayPast[status] ?? '', blocker, place: turn.place, holds: [] };
  }
  const stand = run.status === 'queued' ? checkDependencies(around.others) : ({ kind: 'goes' } as const);
  if (stand.kind === 'waits') {
    const { id, number, status, stack } = stand.behind;
    const blocker = { id, number, label: statusLabels[status], stack };
    const reason = `waits for ${stack}, run #${number}`;
    return { reason, way: wayThrough[status] ?? '', blocker, place: null, holds: [] };
  }
  const holds = foreignHolds(run, around);
  const plain = { blocker: null, place: null, holds };
  if (holds.length > 0) return { ...plain, reason: 'waits until its stack is free', way: '' };
  const wait = waitForLostWorker(run, around.now) ?? waitForFreeWorker(run, around.slots);
  return wait && { ...plain, ...wait };
}

const approvedWay = 'It is approved and starts to apply as soon as it can; its page says what keeps it.';

/** By what the run in front does. */
const wayPast: Partial<Record<RunStatus, string>> = {
  queued: 'To let this one go before it, cancel it.',
  preparing: 'Wait for it, or cancel it.',
  initializing: 'Wait for it, or cancel it.',
  planning: 'Wait for it, or cancel it.',
  unconfirmed: 'Approve or discard it.',
  approved: approvedWay,
  applying: 'Wait for it. To cancel it interrupts its engine: what that has changed until then stays.',
};

/** By what a run of another stack does, whose end this one needs: to end it is no way past it. */
const wayThrough: Partial<Record<RunStatus, string>> = {
  queued: 'Its page says what it waits for.',
  unconfirmed: 'Approve it.',
  approved: approvedWay,
};

/** The lease is renewed every second; a few seconds more are for clocks that differ. */
const lostAfterMs = 5_000;

function waitForLostWorker(run: PageRun, now: Date): Pick<WaitView, 'reason' | 'way'> | null {
  if (run.lease_expires_at === null || now.getTime() - run.lease_expires_at.getTime() < lostAfterMs) return null;
  const reason = 'its worker has not been heard of for a while';
  if (run.status !== 'applying') return { reason, way: 'Another worker takes the run as soon as one is free.' };
  const way =
    'Another worker of the same machine takes the apply over, if there is one within a minute. Else nobody knows what it has changed: the run ends as failed, and the stack is held until an admin has looked.';
  return { reason, way };
}

function waitForFreeWorker(run: PageRun, slots: number): Pick<WaitView, 'reason' | 'way'> | null {
  const reason = waitForWorker(run, slots);
  if (reason === null) return null;
  const way =
    slots > 0
      ? 'It starts by itself when one of the runs at work has ended. For more at once, start another worker (npm run start:worker) or raise ZENFRA_WORKER_SLOTS.'
      : 'It goes on by itself as soon as there is one.';
  return { reason, way };
}

function foreignHolds(run: PageRun, { holds, links, may }: Around): HoldView[] {
  if (run.status !== 'unconfirmed' && run.status !== 'approved') return [];
  return holds.filter((hold) => othersHold(run, [hold])).map((hold) => toHoldView(hold, { links, may }));
}
