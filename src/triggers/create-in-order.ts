import type { Run } from '../db/runs.ts';
import { type Depending, inDependencyOrder } from '../stack/dependencies.ts';

interface Wanted {
  definition: Depending;
}

/**
 * Creates runs of several stacks, each after those of the stacks that its own depends on. `made` has the runs that are
 * there already, by their stacks' names. Returns the new ones, in the order they were made.
 */
export async function createInOrder<W extends Wanted>(
  wanted: readonly W[],
  { all, made }: { all: readonly Depending[]; made: ReadonlyMap<string, Run> },
  make: (one: W, after: string[]) => Promise<Run>,
): Promise<Run[]> {
  const byName = new Map(wanted.map((one) => [one.definition.name, one]));
  const some = [...wanted.map(({ definition }) => definition), ...all.filter(({ name }) => made.has(name))];
  const runs = new Map(made);
  const fresh: Run[] = [];
  for (const { stack, after } of inDependencyOrder(some, all)) {
    const one = byName.get(stack.name);
    if (!one) continue;
    const run = await make(
      one,
      after.flatMap((name) => runs.get(name)?.id ?? []),
    );
    runs.set(stack.name, run);
    fresh.push(run);
  }
  return fresh;
}
