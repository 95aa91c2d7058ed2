import type { Run } from '../db/runs.ts';
import { listStacks } from '../db/stacks.ts';
import { blockedStacks, type Standing } from '../stack/blocked.ts';
import { dependenciesOf } from '../stack/dependencies.ts';
import type { ReportDeps } from './deps.ts';
import type { StackFacts } from './facts.ts';
import { type StackState, viewStack } from './stack-state.ts';

const standingIn: Partial<Record<StackState, Standing['is']>> = {
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
  const planned = new Map(planRuns.map((run) => [run.id, dependenciesOf(run.definition)]));
  if (![...planned.values()].some((dependsOn) => dependsOn.length > 0)) return facts;
  const stacks = await listStacks(deps.db, repositoryId);
  const all = stacks.map(({ name, definition }) => ({ name, dependsOn: dependenciesOf(definition) }));
  const standings = facts.map((stack): Standing => {
    const { name, run } = stack;
    const dependsOn = planned.get(run?.id ?? '') ?? all.find((one) => one.name === name)?.dependsOn ?? [];
    return { definition: { name, dependsOn }, is: standingIn[viewStack(stack).state] ?? 'missing' };
  });
  const blocked = blockedStacks(standings, all);
  return facts.map((stack) => ({ ...stack, behind: blocked.get(stack.name) ?? null }));
}
