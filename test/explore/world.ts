import type { RunFailure } from '../../src/run/failure.ts';
import type { RunType } from '../../src/run/status.ts';
import { finalStatuses, type RunState } from '../../src/run/transition.ts';

/**
 * What surrounds the rules of a run, as small as it can be and still go wrong: one stack, one pull request, the
 * tracked branch, two workers of one machine, their leases, their engines, and what those did to the world.
 */
export interface World {
  /** GitHub's side: the pull request's head, the tracked branch's, and how far webhooks have told us. */
  pull: { open: boolean; head: number; told: number };
  branch: { head: number; told: number };
  /** Whether the person who approves may still write to the repository. */
  permitted: boolean;
  /** The version of the stack's state. */
  state: number;
  holds: { unknown: boolean; pull: boolean };
  runs: ModelRun[];
  plans: ModelPlan[];
  workers: Worker[];
  /** What may still happen of what does not happen by itself. */
  left: Bounds;
}

export interface Bounds {
  pullPushes: number;
  branchPushes: number;
  approvals: number;
  destroys: number;
  cancels: number;
  discards: number;
  /** Of the approver's permission. */
  revocations: number;
  closes: number;
  /** Writes of the state by others than the runs here. */
  stateWrites: number;
  /** A worker's process is killed. */
  crashes: number;
  /** A worker stands still, longer than its lease, and goes on. */
  pauses: number;
  /** An engine that applies is killed. */
  engineKills: number;
}

/** A run's row, and what is told of it for the invariants: the last three. */
export interface ModelRun extends RunState {
  commit: string;
  pull: boolean;
  generation: number;
  /** Whether its wait has a deadline. */
  deadline: boolean;
  /** Its state credential is good. */
  credential: boolean;
  /** The plan it made, the one it came with, the one it has used up. */
  plan: number | null;
  adopts: number | null;
  used: number | null;
  failure: Pick<RunFailure, 'reason' | 'outcomeUnknown'> | null;
  /** Its apply, as a process: not the worker's. */
  engine: 'none' | 'alive' | 'ended' | 'killed';
  /** The plan that a person looked at and approved. */
  approvedPlan: number | null;
  /** An unknown outcome that nobody has resolved. */
  unresolved: boolean;
}

export interface ModelPlan {
  commit: string;
  state: number;
  discarded: boolean;
  /** How often it was applied, in the world. */
  applied: number;
}

export interface Worker {
  process: 'up' | 'paused' | 'dead';
  /** What it does, for which run, under which generation; null when it is idle. */
  task: Task | null;
}

export interface Task {
  run: number;
  generation: number;
  step: 'preparing' | 'planning' | 'leading up' | 'begun' | 'following';
  /** The state's version that its plan is made from. */
  served: number;
}

const finals = new Set(finalStatuses);
export const hasEnded = (run: RunState): boolean => finals.has(run.status);

export function pullCommit(head: number): string {
  return `p${head}`;
}

export function branchCommit(head: number): string {
  return `b${head}`;
}

/** A pull request that was opened, and told of: its plan waits for a worker. */
export function firstWorld(left: Bounds): World {
  return {
    pull: { open: true, head: 0, told: 0 },
    branch: { head: 0, told: 0 },
    permitted: true,
    state: 0,
    holds: { unknown: false, pull: false },
    runs: [newRun('plan_only', { commit: pullCommit(0), pull: true, deadline: true })],
    plans: [],
    workers: [idle(), idle()],
    left,
  };
}

function idle(): Worker {
  return { process: 'up', task: null };
}

export function newRun(type: RunType, more: Partial<ModelRun>): ModelRun {
  return {
    type,
    status: 'queued',
    attempt: 0,
    leased: false,
    adopted: false,
    cancelRequested: false,
    cancelAs: null,
    commit: '',
    pull: false,
    generation: 0,
    deadline: false,
    credential: false,
    plan: null,
    adopts: null,
    used: null,
    failure: null,
    engine: 'none',
    approvedPlan: null,
    unresolved: false,
    ...more,
  };
}

/** A copy that may be changed. */
export function copy(world: World): World {
  return {
    ...world,
    pull: { ...world.pull },
    branch: { ...world.branch },
    holds: { ...world.holds },
    runs: world.runs.map((run) => ({ ...run })),
    plans: world.plans.map((plan) => ({ ...plan })),
    workers: world.workers.map((worker) => ({ process: worker.process, task: worker.task && { ...worker.task } })),
    left: { ...world.left },
  };
}

/** Of an array by an index that is known to be in it. */
export function at<T>(list: T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new Error(`There is no ${index} among ${list.length}`);
  return found;
}
