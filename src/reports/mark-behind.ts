import type { Run } from '../db/runs.ts';
import { listStacks } from '../db/stacks.ts';
import type { StackDefinition } from '../stack/definition.ts';
import { heldUp, type Standing } from '../stack/keep-order.ts';
import type { ReportDeps } from './deps.ts';
import type { StackFacts } from './facts.ts';
import { type StackState, viewStack } from './stack-state.ts';

const standings: Partial<Record<StackState, Standing['is']>> = {
  ready: 'ready',
  unchanged: 'unchanged',
  applying: 'settled',
  applied: 'settled',
};

/** Marks what `/approve` leaves out, as something that it depends on is not applied. */
export async function markBehind(
  deps: ReportDeps,
  repositoryId: number,
  { facts, planRuns }: { facts: StackFacts[]; planRuns: Run[] },
): Promise<StackFacts[]> {
  const planned = new Map(planRuns.map((run) => [run.id, dependingOf(run.definition)]));
  if (![...planned.values()].some(({ dependsOn }) => dependsOn.length > 0)) return facts;
  const all = (await listStacks(deps.db, repositoryId)).map(({ definition }) => dependingOf(definition));
  const some = facts.map((stack): Standing => {
    const known = planned.get(stack.run?.id ?? '') ?? all.find(({ name }) => name === stack.name);
    const definition = { name: stack.name, dependsOn: known?.dependsOn ?? [] };
    return { definition, is: standings[viewStack(stack).state] ?? 'missing' };
  });
  const held = heldUp(some, all);
  return facts.map((stack) => ({ ...stack, behind: held.get(stack.name) ?? null }));
}

/** One that an older version stored says nothing of an order. */
function dependingOf(definition: unknown): Pick<StackDefinition, 'name' | 'dependsOn'> {
  const { name, dependsOn = [] } = definition as Pick<StackDefinition, 'name'> & Partial<StackDefinition>;
  return { name, dependsOn };
}
