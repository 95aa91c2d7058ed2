import type { StackDefinition } from './definition.ts';
import { nearest } from './nearest.ts';
import { quote } from './quote.ts';

export type Depending = Pick<StackDefinition, 'name' | 'dependsOn'>;

/** The `depends_on` in a definition as it is stored; one that an older version stored has none. */
export function dependenciesOf(definition: unknown): string[] {
  return (definition as Partial<StackDefinition>).dependsOn ?? [];
}

export interface DependencyProblem {
  stack: string;
  /** Which of its `depends_on`. */
  index: number;
  message: string;
}

/** Names that no stack has, and circles, each told once with the way round. */
export function dependencyProblems(stacks: readonly Depending[]): DependencyProblem[] {
  const names = stacks.map(({ name }) => name);
  const known = new Set(names);
  const unknown = stacks.flatMap(({ name, dependsOn }) =>
    dependsOn.flatMap((other, index) => {
      if (known.has(other)) return [];
      const meant = nearest(
        other,
        names.filter((one) => one !== name),
      );
      const advice = meant === null ? 'Name one that is in this file.' : `Did you mean ${quote(meant)}?`;
      const message = `Stack ${quote(name)} depends on ${quote(other)}, and there is no such stack. ${advice}`;
      return [{ stack: name, index, message }];
    }),
  );
  return [...unknown, ...circles(stacks)];
}

function circles(stacks: readonly Depending[]): DependencyProblem[] {
  const byName = new Map(stacks.map((stack) => [stack.name, stack]));
  const done = new Set<string>();
  const problems: DependencyProblem[] = [];
  for (const { name: start } of stacks) {
    // Without recursion: a thousand stacks may stand in one row.
    const way: { name: string; next: number }[] = [{ name: start, next: 0 }];
    const on = new Set([start]);
    for (let here = way.at(-1); here !== undefined; here = way.at(-1)) {
      const other = done.has(here.name) ? undefined : byName.get(here.name)?.dependsOn[here.next];
      here.next += 1;
      if (other === undefined) {
        done.add(here.name);
        on.delete(here.name);
        way.pop();
      } else if (on.has(other)) {
        const round = way.slice(way.findIndex(({ name }) => name === other)).map(({ name }) => name);
        problems.push(circle([...round, other], { stack: here.name, index: here.next - 1 }));
      } else if (!done.has(other)) {
        way.push({ name: other, next: 0 });
        on.add(other);
      }
    }
  }
  return problems;
}

const mostShown = 20;

function circle(round: string[], at: { stack: string; index: number }): DependencyProblem {
  const shown = round.length > mostShown ? [...round.slice(0, mostShown), '…', round[0] ?? ''] : round;
  const message = `These stacks depend on each other in a circle: ${shown.join(' → ')}. Take one of the arrows out of depends_on.`;
  return { ...at, message };
}

/**
 * Some stacks in an order in which each comes after those that it depends on, and for each the nearest ones among them
 * that it has to wait for: also through stacks that are not among them.
 */
export function inDependencyOrder<S extends Depending>(
  some: readonly S[],
  all: readonly Depending[],
): { stack: S; after: string[] }[] {
  const byName = new Map(all.map((stack) => [stack.name, stack]));
  const wanted = new Map(some.map((stack) => [stack.name, stack]));
  for (const stack of some) byName.set(stack.name, stack);
  const ordered: { stack: S; after: string[] }[] = [];
  const placed = new Set<string>();
  const place = (stack: S) => {
    const way = [stack];
    for (let here = way.at(-1); here !== undefined; here = way.at(-1)) {
      const after = nearestWanted(here.name, { byName, wanted });
      const missing = after.map((name) => wanted.get(name)).find((one) => one && !placed.has(one.name));
      if (missing && !way.includes(missing)) way.push(missing);
      else {
        way.pop();
        if (!placed.has(here.name)) ordered.push({ stack: here, after });
        placed.add(here.name);
      }
    }
  };
  for (const stack of some) if (!placed.has(stack.name)) place(stack);
  return ordered;
}

function nearestWanted(
  name: string,
  { byName, wanted }: { byName: Map<string, Depending>; wanted: ReadonlyMap<string, unknown> },
): string[] {
  const seen = new Set([name]);
  const ahead = [...(byName.get(name)?.dependsOn ?? [])];
  const found: string[] = [];
  for (let next = ahead.shift(); next !== undefined; next = ahead.shift()) {
    if (seen.has(next)) continue;
    seen.add(next);
    if (wanted.has(next)) found.push(next);
    else ahead.push(...(byName.get(next)?.dependsOn ?? []));
  }
  return found;
}
