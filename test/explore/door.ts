import type { Effect, RunEvent } from '../../src/run/event.ts';
import { activeRun, takesTurns, waitingRuns } from '../../src/run/order.ts';
import { isItsTurn, liveRows, type Rules } from './rules.ts';
import { at, hasEnded, type ModelRun, type World } from './world.ts';

export interface Move {
  run: number;
  event: RunEvent;
  /** The generation that a worker's write carries. */
  generation?: number;
}

/** What `queue/advance` does, in this world: asks the rules and writes what they say. False if they refuse. */
export function advance(world: World, rules: Rules, { run: index, event, generation }: Move): boolean {
  const run = at(world.runs, index);
  if (generation !== undefined && !stillHas(rules, run, generation)) return false;
  const moved = rules.transition(run, event);
  if (!moved.ok) return false;
  const { step } = moved;
  if (step.status !== run.status) run.deadline = ['queued', 'approved', 'unconfirmed'].includes(step.status);
  run.status = step.status;
  const lease = rules.leaseAfter(event, step.status);
  if (lease === 'taken') Object.assign(run, { leased: true, generation: run.generation + 1, attempt: run.attempt + 1 });
  if (lease === 'ended') run.leased = false;
  if (step.approvedBy !== undefined) run.attempt = 0;
  if (step.cancel) Object.assign(run, { cancelRequested: true, cancelAs: step.cancel.as });
  if (step.failure) {
    const { reason, outcomeUnknown = false } = step.failure;
    run.failure = { reason, outcomeUnknown };
    run.unresolved = outcomeUnknown;
  }
  for (const effect of step.effects) effects[effect]?.(world, run);
  return true;
}

export function stillHas(rules: Rules, run: ModelRun, generation: number): boolean {
  const row = { lease_generation: run.generation, lease_expires_at: run.leased ? someTime : null };
  return rules.holdsLease(row, { generation });
}

const someTime = new Date(0);

/** To start a phase needs nothing here: workers look at the rows by themselves, as the sweep has them do in the end. */
const effects: Partial<Record<Effect, (world: World, run: ModelRun) => void>> = {
  hold_stack: (world) => {
    world.holds.unknown = true;
  },
  revoke_credentials: (_, run) => {
    run.credential = false;
  },
  release_stack: (world, run) => {
    if (takesTurns(run)) wakeNext(world);
  },
};

/** What `queue/wake` does: who is next waits for a worker now, and not for ever. */
export function wakeNext(world: World): void {
  const live = liveRows(world);
  const next = (activeRun(live) ?? waitingRuns(live)[0])?.number ?? -1;
  const run = world.runs[next];
  if (run && !run.leased && ['queued', 'approved'].includes(run.status)) run.deadline = true;
}

/** What `triggers/create-runs` does. A live run for the same is what was wished for already. */
export function createRun(
  world: World,
  rules: Rules,
  { wish: wished, supersedes }: { wish: ModelRun; supersedes: 'push' | 'commit' | null },
): void {
  if (world.runs.some((run) => isSame(run, wished))) return;
  const wish = { ...wished };
  const live = liveRows(world);
  const older =
    supersedes === 'push'
      ? rules.supersededByPush(live)
      : supersedes === 'commit'
        ? rules.supersededByCommit(live, 1)
        : [];
  for (const { number } of older)
    advance(world, rules, { run: number, event: { type: 'superseded', by: wish.commit } });
  const index = world.runs.push(wish) - 1;
  wish.deadline = isItsTurn(world, rules, index);
}

function isSame(run: ModelRun, wish: ModelRun): boolean {
  if (hasEnded(run) || run.cancelRequested) return false;
  return run.type === wish.type && run.commit === wish.commit && run.adopted === wish.adopted;
}
