import type { Run } from '../db/runs.ts';
import { inOrder } from '../stack/dependencies.ts';

interface Wanted {
  definition: { name: string; dependsOn: string[] };
}

/**
 * Makes runs of several stacks, each after those that it depends on. `made`: the run that a stack has already. Returns
 * the new ones in the order they were made.
 */
export async function makeInOrder<W extends Wanted>(
  wanted: readonly W[],
  { all, made }: { all: readonly Wanted['definition'][]; made: ReadonlyMap<string, Run> },
  make: (one: W, after: string[]) => Promise<Run>,
): Promise<Run[]> {
  const byName = new Map(wanted.map((one) => [one.definition.name, one]));
  const some = [...wanted.map(({ definition }) => definition), ...all.filter(({ name }) => made.has(name))];
  const runs = new Map(made);
  const fresh: Run[] = [];
  for (const { stack, after } of inOrder(some, all)) {
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
