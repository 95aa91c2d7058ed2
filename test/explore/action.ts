import type { Rules } from './rules.ts';
import { type Bounds, copy, type World } from './world.ts';

/** One thing that can happen in a world, and the world after it. */
export interface Action {
  /** `work` and `time` go on by themselves; people and faults do as they like. */
  kind: 'person' | 'fault' | 'work' | 'time';
  /** For traces: `worker A takes run 2`. */
  name: string;
  /** Set on what a worker writes to its run: the generation that it was given. */
  write?: { run: number; generation: number };
  next: World;
}

export type Actions = (world: World, rules: Rules) => Action[];

type About = Omit<Action, 'next'> & { spends?: keyof Bounds };

/** The action, if it can happen: not where nothing is left to spend on it, nor where `change` says `false`. */
export function perform(world: World, about: About, change: (next: World) => boolean | undefined): Action[] {
  const { spends, ...action } = about;
  if (spends !== undefined && world.left[spends] === 0) return [];
  const next = copy(world);
  if (spends !== undefined) next.left[spends] -= 1;
  return change(next) === false ? [] : [{ ...action, next }];
}
