import type { Bounds } from './world.ts';

export const nothing: Bounds = {
  pullPushes: 0,
  branchPushes: 0,
  approvals: 0,
  destroys: 0,
  cancels: 0,
  discards: 0,
  revocations: 0,
  closes: 0,
  stateWrites: 0,
  crashes: 0,
  pauses: 0,
  engineKills: 0,
};

/** For every run of the tests: each a corner of the whole, small enough to be seen all of in a second or two. */
export const corners: Record<string, Partial<Bounds>> = {
  'a push to the pull request and one to the branch': { pullPushes: 1, branchPushes: 1, approvals: 1 },
  'two pushes to the branch, and two approvals': { branchPushes: 2, approvals: 2 },
  'a worker that is killed and one that stands still': { approvals: 2, crashes: 1, pauses: 1 },
  'two workers that stand still while a push comes': { branchPushes: 1, approvals: 1, pauses: 2 },
  'workers that are killed until nobody tries again': { crashes: 3, approvals: 1 },
  'an engine that is killed, and a cancel': { approvals: 2, crashes: 1, engineKills: 1, cancels: 1 },
  'everything that an approval rests on changes': {
    ...{ pullPushes: 1, approvals: 2, discards: 1, revocations: 1, closes: 1, stateWrites: 1 },
  },
  'a destruction beside a pull request': { destroys: 1, approvals: 2, closes: 1, cancels: 1 },
};

/** For `npm run explore`: these meet each other. */
export const wide: Record<string, Partial<Bounds>> = {
  'one stack, two pushes, two workers, a crash and a pause': {
    ...{ pullPushes: 1, branchPushes: 1, approvals: 1, crashes: 1, pauses: 1 },
  },
  'two pushes to the branch under faults': { branchPushes: 2, approvals: 2, crashes: 1, engineKills: 1 },
  'a pull request under faults': { pullPushes: 1, approvals: 2, cancels: 1, crashes: 1, pauses: 1 },
};
