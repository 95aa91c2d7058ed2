import { type Depending, inDependencyOrder } from './dependencies.ts';

/** How a stack of a pull request stands when its plans are to be applied. */
export interface Standing {
  definition: Depending;
  /**
   * `ready`: to be applied now. `settled`: applied, or being applied. `unchanged`: nothing to apply, so what blocks it
   * blocks those that depend on it too. `missing`: none of these, so it blocks those.
   */
  is: 'ready' | 'settled' | 'missing' | 'unchanged';
}

/** The ready stacks that must wait, each with the missing one that it depends on, directly or through others. */
export function blockedStacks(standings: readonly Standing[], all: readonly Depending[]): Map<string, string> {
  const states = new Map(standings.map(({ definition, is }) => [definition.name, is]));
  const blockers = new Map<string, string>();
  const blocked = new Map<string, string>();
  const some = standings.map(({ definition }) => definition);
  for (const { stack, after } of inDependencyOrder(some, all)) {
    const state = states.get(stack.name);
    const blocker = after.map((other) => blockers.get(other)).find((other) => other !== undefined);
    if (state === 'missing') blockers.set(stack.name, stack.name);
    else if (state !== 'settled' && blocker !== undefined) blockers.set(stack.name, blocker);
    if (state === 'ready' && blocker !== undefined) blocked.set(stack.name, blocker);
  }
  return blocked;
}
