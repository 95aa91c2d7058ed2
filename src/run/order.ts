import type { RunStatus, RunType } from './status.ts';

/** What the order on a stack depends on. */
export interface OrderedRun {
  id: string;
  number: number;
  type: RunType;
  status: RunStatus;
  adopted: boolean;
  pullRequest: number | null;
}

const active: RunStatus[] = ['preparing', 'initializing', 'planning', 'unconfirmed', 'approved', 'applying'];

/** Tracked and destroy runs take turns on a stack; plan-only runs wait for nobody. */
export function takesTurns(run: Pick<OrderedRun, 'type'>): boolean {
  return run.type !== 'plan_only';
}

/** The run whose turn it is on the stack, if one is active. */
export function activeRun<R extends OrderedRun>(runs: R[]): R | undefined {
  return runs.find((run) => takesTurns(run) && active.includes(run.status));
}

/** Those that wait for their turn, in the order they will get it: adopted plans first (they age), then by number. */
export function waitingRuns<R extends OrderedRun>(runs: R[]): R[] {
  return runs
    .filter((run) => takesTurns(run) && run.status === 'queued')
    .sort((a, b) => Number(b.adopted) - Number(a.adopted) || a.number - b.number);
}

/** Whether a queued run may start now; if not, which run it waits for and at which place, from 1. */
export function turnOf<R extends OrderedRun>(
  run: R,
  runs: R[],
): { now: true } | { now: false; behind: R; place: number } {
  if (!takesTurns(run)) return { now: true };
  const waiting = waitingRuns(runs);
  const place = waiting.findIndex((other) => other.id === run.id) + 1;
  const holder = activeRun(runs.filter((other) => other.id !== run.id));
  const first = waiting[0];
  const behind = holder ?? (first && first.id !== run.id ? first : undefined);
  return behind ? { now: false, behind, place: Math.max(place, 1) } : { now: true };
}

/** A run of a stack that another run's stack depends on. */
export interface Dependency {
  status: RunStatus;
}

/** Whether a run may go: once all its dependencies have finished, and never once one of them has ended otherwise. */
export function checkDependencies<O extends Dependency>(
  others: O[],
): { kind: 'goes' } | { kind: 'waits'; behind: O } | { kind: 'stopped'; by: O } {
  const by = others.find(({ status }) => ['failed', 'discarded', 'canceled'].includes(status));
  if (by) return { kind: 'stopped', by };
  const behind = others.find(({ status }) => status !== 'finished');
  return behind ? { kind: 'waits', behind } : { kind: 'goes' };
}

/**
 * Whether a run waits for a worker or for a person, which has a deadline, and not for other runs, which has none. That
 * can change while it waits: an approved plan goes first, another pull request comes to hold the stack.
 */
export function isOnTheClock<R extends OrderedRun>(run: R, runs: R[], holds: HoldOn[]): boolean {
  if (run.status === 'queued') return turnOf(run, runs).now;
  return run.status !== 'approved' || othersHold({ pull_request_number: run.pullRequest }, holds) === undefined;
}

/** The older tracked runs of the stack that a new push ends. One that applies, or applies an approved plan, never is. */
export function supersededByPush<R extends OrderedRun>(runs: R[]): R[] {
  return runs.filter((run) => run.type === 'tracked' && !run.adopted && run.status !== 'applying');
}

/** The older plan-only runs that a new commit on the same pull request ends. */
export function supersededByCommit<R extends OrderedRun>(runs: R[], pullRequest: number): R[] {
  return runs.filter((run) => run.type === 'plan_only' && run.pullRequest === pullRequest);
}

/** What a hold is compared by. */
interface HoldOn {
  reason: 'pull_request' | 'outcome_unknown' | 'person';
  pull_request_number: number | null;
}

/** The first hold that keeps this run from applying. A pull request's own hold does not keep its own runs back. */
export function othersHold<H extends HoldOn>(run: { pull_request_number: number | null }, holds: H[]): H | undefined {
  return holds.find((hold) => hold.reason !== 'pull_request' || hold.pull_request_number !== run.pull_request_number);
}
