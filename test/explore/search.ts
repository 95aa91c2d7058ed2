import type { Action } from './action.ts';
import { listHappenings } from './happenings.ts';
import { type InvariantName, invariantNames, invariants } from './invariants.ts';
import { keyOf } from './key.ts';
import { listRequests } from './people.ts';
import { listPushes } from './pushes.ts';
import type { Rules } from './rules.ts';
import { listWork } from './work.ts';
import { type Bounds, firstWorld, hasEnded, type World } from './world.ts';

export interface Found {
  states: number;
  transitions: number;
  seconds: number;
  /** The first violation, by the shortest way to it. */
  violation: { invariant: InvariantName; why: string; trace: Action[] } | null;
  /** The way to a state from which a run never ends, whatever workers and time do; null if there is none. */
  stuck: Action[] | null;
}

interface Options {
  bounds: Bounds;
  rules: Rules;
  /** Default: all. */
  watch?: InvariantName[];
}

/**
 * Visits every state that can be reached within the bounds, breadth first, and looks at every step. Then, backwards
 * from the states in which all runs have ended, whether each can get there by what goes on by itself.
 */
export function search({ bounds, rules, watch = invariantNames }: Options): Found {
  const started = performance.now();
  const graph = new Graph(firstWorld(bounds), rules);
  const found = (rest: Pick<Found, 'violation' | 'stuck'>): Found => ({
    states: graph.size,
    transitions: graph.transitions,
    seconds: (performance.now() - started) / 1000,
    ...rest,
  });
  for (let state = 0; state < graph.size; state += 1) {
    const world = graph.take(state);
    for (const [step, action] of listActions(world, rules).entries()) {
      graph.add(state, step, action);
      for (const invariant of watch) {
        const why = invariants[invariant](world, action);
        if (why === undefined) continue;
        return found({ violation: { invariant, why, trace: [...graph.traceTo(state), action] }, stuck: null });
      }
    }
  }
  const stuck = graph.findStuck();
  return found({ violation: null, stuck: stuck === undefined ? null : graph.traceTo(stuck) });
}

function listActions(world: World, rules: Rules): Action[] {
  return [
    ...listWork(world, rules),
    ...listHappenings(world, rules),
    ...listPushes(world, rules),
    ...listRequests(world, rules),
  ];
}

/** The states in the order in which they were reached. Worlds are forgotten once they were looked at; a trace plays them again. */
class Graph {
  readonly #numbers = new Map<string, number>();
  readonly #worlds: (World | undefined)[] = [];
  /** From where, and by which of its actions, each state was first reached. */
  readonly #from: number[] = [];
  readonly #step: number[] = [];
  /** Steps that go on by themselves: from, to, from, to … */
  readonly #forward: number[] = [];
  readonly #ended: number[] = [];
  readonly #first: World;
  readonly #rules: Rules;
  transitions = 0;

  constructor(first: World, rules: Rules) {
    this.#first = first;
    this.#rules = rules;
    this.#number(first, { from: -1, step: -1 });
  }

  get size(): number {
    return this.#worlds.length;
  }

  take(state: number): World {
    const world = this.#worlds[state];
    if (!world) throw new Error(`State ${state} was taken before`);
    this.#worlds[state] = undefined;
    return world;
  }

  add(from: number, step: number, action: Action): void {
    this.transitions += 1;
    const to = this.#number(action.next, { from, step });
    if (action.kind === 'work' || action.kind === 'time') this.#forward.push(from, to);
  }

  #number(world: World, { from, step }: { from: number; step: number }): number {
    const key = keyOf(world);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#worlds.push(world) - 1;
    this.#numbers.set(key, number);
    this.#from.push(from);
    this.#step.push(step);
    if (world.runs.every(hasEnded)) this.#ended.push(number);
    return number;
  }

  traceTo(state: number): Action[] {
    const steps: number[] = [];
    for (let at = state; at > 0; at = this.#from[at] ?? 0) steps.unshift(this.#step[at] ?? 0);
    const trace: Action[] = [];
    let world = this.#first;
    for (const step of steps) {
      const action = listActions(world, this.#rules)[step];
      if (!action) throw new Error(`There is no action ${step} to play again`);
      trace.push(action);
      world = action.next;
    }
    return trace;
  }

  /** The first state from which no way leads to one in which all runs have ended. */
  findStuck(): number | undefined {
    const backward = new Map<number, number[]>();
    for (let edge = 0; edge < this.#forward.length; edge += 2) {
      const [from = 0, to = 0] = [this.#forward[edge], this.#forward[edge + 1]];
      const before = backward.get(to);
      if (before) before.push(from);
      else backward.set(to, [from]);
    }
    const reaches = new Uint8Array(this.size);
    const open = [...this.#ended];
    for (const state of open) reaches[state] = 1;
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      for (const before of backward.get(state) ?? []) {
        if (reaches[before] === 1) continue;
        reaches[before] = 1;
        open.push(before);
      }
    }
    const stuck = reaches.indexOf(0);
    return stuck < 0 ? undefined : stuck;
  }
}
