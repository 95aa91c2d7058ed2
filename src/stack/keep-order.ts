import type { StackDefinition } from './definition.ts';
import { inOrder } from './dependencies.ts';

type Depending = Pick<StackDefinition, 'name' | 'dependsOn'>;

/** How a stack of a pull request stands: to be applied now, with nothing to apply or applied, or neither. */
export interface Standing {
  definition: Depending;
  is: 'ready' | 'settled' | 'missing' | 'unchanged';
}

/**
 * The stacks that are ready and have to wait, each with the one that it depends on and that is not applied: also through
 * others, which have nothing to apply themselves.
 */
export function heldUp(standings: readonly Standing[], all: readonly Depending[]): Map<string, string> {
  const is = new Map(standings.map(({ definition, is }) => [definition.name, is]));
  const missing = new Map<string, string>();
  const held = new Map<string, string>();
  const some = standings.map(({ definition }) => definition);
  for (const { stack, after } of inOrder(some, all)) {
    const name = stack.name;
    const here = is.get(name);
    const because = after.map((other) => missing.get(other)).find((other) => other !== undefined);
    if (here === 'missing') missing.set(name, name);
    else if (here !== 'settled' && because !== undefined) missing.set(name, because);
    if (here === 'ready' && because !== undefined) held.set(name, because);
  }
  return held;
}
