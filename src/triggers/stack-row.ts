import type { Stack } from '../db/stacks.ts';
import type { StackDefinition } from '../stack/definition.ts';
import { dependenciesOf } from '../stack/dependencies.ts';
import { rightsOf } from '../stack/rights.ts';

/** Whether the tracked branch has a stack, and no pull request alone. */
export function isMerged(stack: Stack): boolean {
  return stack.pull_request_number === null;
}

/** The definition of a stack; one that an older version stored is made whole. */
export function definitionOf(stack: Stack): StackDefinition {
  const stored = stack.definition as StackDefinition;
  return { ...stored, ...rightsOf(stored), dependsOn: dependenciesOf(stored) };
}
