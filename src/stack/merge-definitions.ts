import { isDeepStrictEqual } from 'node:util';
import type { StackDefinition } from './definition.ts';

interface Sides {
  /** Where the branch has left the default branch. */
  base: StackDefinition[];
  head: StackDefinition[];
  inForce: StackDefinition[];
}

/**
 * The stacks of a branch's head as they would be once it is merged: each as it is in force, with what the branch itself
 * changes, setting by setting. What an outdated branch merely still has is not its doing: a stack that was taken out
 * meanwhile does not come back, and one that was changed or renamed is as it is now.
 *
 * Stacks that came since are left out: the branch need not have their directories, so they could not be planned there.
 */
export function mergeDefinitions({ base, head, inForce }: Sides): StackDefinition[] {
  const [before, current] = [byName(base), byName(inForce)];
  const successors = new Map(inForce.map((definition) => [definition.renamedFrom, definition]));
  return head.flatMap((definition) => {
    const former = before.get(definition.name) ?? before.get(definition.renamedFrom ?? '');
    const known =
      current.get(definition.name) ??
      current.get(definition.renamedFrom ?? '') ??
      (former?.name === definition.name ? successors.get(definition.name) : undefined);
    if (former === undefined) return [definition];
    if (known) return [{ ...known, ...changesOf(former, definition) }];
    return isDeepStrictEqual(definition, former) ? [] : [definition];
  });
}

function changesOf(before: StackDefinition, after: StackDefinition): Partial<StackDefinition> {
  const settings = Object.keys(after) as (keyof StackDefinition)[];
  const changed = settings.filter((setting) => !isDeepStrictEqual(after[setting], before[setting]));
  return Object.fromEntries(changed.map((setting) => [setting, after[setting]]));
}

function byName(definitions: StackDefinition[]): Map<string, StackDefinition> {
  return new Map(definitions.map((definition) => [definition.name, definition]));
}
