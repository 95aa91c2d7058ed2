import type { StackDefinition } from './definition.ts';
import { quote } from './quote.ts';

/** A stack as it is on record. */
export interface KnownStack {
  name: string;
  path: string;
  varFiles: string[];
  /** Whether its newest state holds resources: what would be lost, or made twice, under another name. */
  hasState: boolean;
  /** Gone from the file earlier; history and state are kept. */
  removed: boolean;
  /** Not in the file yet: a pull request that is open brings it. */
  brought: boolean;
}

/** What a new reading of zenfra.yml does to the record. The order of the file, the order of `existing` for `remove`. */
export interface StackChanges {
  insert: StackDefinition[];
  /** Known under their name: to be given this definition, and revived if removed. */
  update: StackDefinition[];
  /** Names that left the file. */
  remove: string[];
  /** The record `from` gets the name of this definition and the definition itself. */
  rename: { from: string; to: StackDefinition }[];
  /** Stacks of the file that nothing may be done for, each with a sentence; what they would replace stays as it is. */
  refusals: { stack: string; message: string }[];
}

/**
 * Decides the bookkeeping of stacks. A stack with state never loses it silently: who takes its place in the repository
 * must say `renamed_from`, or the plan of the newcomer would create everything a second time.
 */
export function planStackChanges(existing: KnownStack[], stacks: StackDefinition[]): StackChanges {
  const changes: StackChanges = { insert: [], update: [], remove: [], rename: [], refusals: [] };
  const known = new Map(existing.map((stack) => [stack.name, stack]));
  const named = new Set(stacks.map((stack) => stack.name));
  const absent = existing.filter((stack) => !named.has(stack.name));
  const claimed = new Set(stacks.map((stack) => stack.renamedFrom));
  const kept = new Set<string>();
  for (const stack of stacks) {
    const step = known.has(stack.name)
      ? placeKnown(stack, known)
      : placeNew(
          stack,
          known,
          absent.filter(({ name }) => !claimed.has(name)),
        );
    if (step.do === 'refuse') changes.refusals.push({ stack: stack.name, message: step.message });
    else if (step.do === 'rename') changes.rename.push({ from: step.former, to: stack });
    else changes[step.do].push(stack);
    if ('former' in step) kept.add(step.former);
  }
  changes.remove = absent
    .filter(({ name, removed, brought }) => !removed && !brought && !kept.has(name))
    .map(({ name }) => name);
  return changes;
}

type Step =
  | { do: 'insert' | 'update' }
  | { do: 'rename'; former: string }
  | { do: 'refuse'; former: string; message: string };

/** `renamed_from` usually stays in the file after it was obeyed; it is a mistake only if it still has something to give. */
function placeKnown(stack: StackDefinition, known: Map<string, KnownStack>): Step {
  const former = stack.renamedFrom === null ? undefined : known.get(stack.renamedFrom);
  if (!former?.hasState || (former.removed && known.get(stack.name)?.hasState)) return { do: 'update' };
  const message = `Stack ${quote(stack.name)} says it was renamed from ${quote(former.name)}, but both exist and ${quote(former.name)} has state. Give the new one a name that was never used, or keep ${quote(former.name)} in zenfra.yml.`;
  return { do: 'refuse', former: former.name, message };
}

function placeNew(stack: StackDefinition, known: Map<string, KnownStack>, absent: KnownStack[]): Step {
  if (stack.renamedFrom !== null && known.has(stack.renamedFrom)) return { do: 'rename', former: stack.renamedFrom };
  const former = absent.find((other) => other.hasState && wouldReplace(stack, other));
  if (former !== undefined) return { do: 'refuse', former: former.name, message: explainReplacement(stack, former) };
  const vanishing = absent.find((other) => other.hasState && !other.removed && !other.brought);
  if (stack.renamedFrom === null || vanishing === undefined) return { do: 'insert' };
  const message = `Stack ${quote(stack.name)} says it was renamed from ${quote(stack.renamedFrom)}, which is not known, while ${quote(vanishing.name)}, which has state, leaves zenfra.yml. Did you mean "renamed_from: ${vanishing.name}"?`;
  return { do: 'refuse', former: vanishing.name, message };
}

/** One that vanishes now is replaced by whoever takes its path; one removed earlier only by its exact likeness. */
function wouldReplace(stack: StackDefinition, other: KnownStack): boolean {
  if (stack.path !== other.path) return false;
  return !other.removed || JSON.stringify(stack.varFiles) === JSON.stringify(other.varFiles);
}

function explainReplacement(stack: StackDefinition, former: KnownStack): string {
  return `Stack ${quote(stack.name)} takes the path ${quote(stack.path)} of ${quote(former.name)}, which is gone from zenfra.yml but still has state. If it is the same stack, add "renamed_from: ${former.name}" to it; if not, bring ${quote(former.name)} back and destroy what it manages first.`;
}
