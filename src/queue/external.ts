import type { Run } from '../db/runs.ts';
import type { StackDefinition } from '../stack/definition.ts';

/** Whether the repository's own backend keeps the state of the run's stack. */
export function isExternal(run: Pick<Run, 'definition'>): boolean {
  return (run.definition as Partial<StackDefinition>).state === 'external';
}
