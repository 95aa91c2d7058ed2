import type { WaitView } from '../../views/parts/waits.tsx';
import type { PageRun } from '../db/page-run.ts';
import { ordered, type Run } from '../db/runs.ts';
import type { StackHold } from '../db/stack-holds.ts';
import { waitForWorker } from '../db/waits.ts';
import type { Permission } from '../run/checks.ts';
import { othersHold, turnOf } from '../run/order.ts';
import { statusLabels } from '../run/status.ts';
import type { GitHubLinks } from './github-links.ts';
import { toHoldView } from './hold-view.ts';

/** What is looked at to tell what a run waits for. */
export interface Around {
  /** Runs of the stack that have not ended. */
  live: Run[];
  holds: StackHold[];
  links: GitHubLinks;
  may: Permission;
  /** Of all workers that live. */
  slots: number;
}

/** What the run waits for and what makes it go on; null if it does not wait for anything but a person or a worker. */
export function waitView(run: PageRun, { live, holds, links, may, slots }: Around): WaitView | null {
  const turn = run.status === 'queued' ? turnOf(ordered(run), live.map(ordered)) : ({ now: true } as const);
  const holding =
    ['unconfirmed', 'approved'].includes(run.status) && othersHold(run, holds) ? foreignHolds(run, holds) : [];
  const reason =
    (turn.now ? null : `waits for run #${turn.behind.number}`) ??
    (holding.length > 0 ? 'waits until its stack is free' : waitForWorker(run, slots));
  if (reason === null) return null;
  return {
    reason,
    blocker: turn.now
      ? null
      : { id: turn.behind.id, number: turn.behind.number, label: statusLabels[turn.behind.status] },
    place: turn.now ? null : turn.place,
    holds: holding.map((hold) => toHoldView(hold, { links, may })),
  };
}

function foreignHolds(run: PageRun, holds: StackHold[]): StackHold[] {
  return holds.filter((hold) => othersHold(run, [hold]) !== undefined);
}
