import type { z } from 'zod';
import { type ConfigError, mostStacks } from './definition.ts';
import { findRoots, type Modules, nameFromPath } from './modules.ts';
import { checkStackPath, longestPath, normalizePath } from './paths.ts';
import { quote } from './quote.ts';
import type { fileSchema, StackInput } from './schema.ts';

type File = z.output<typeof fileSchema>;

export interface Discovered {
  stacks: Record<string, StackInput>;
  /** Each a whole sentence; they are about `discover` itself. */
  problems: string[];
}

/** The stacks that `discover` adds to those of the file, which win: a directory that has one gets no second. */
export function discoverStacks(file: File, modules: Modules | null): Discovered {
  const found: Discovered = { stacks: {}, problems: [] };
  if (!file.discover || modules === null) return found;
  const roots = findRoots(modules, file.discover.paths);
  if (roots === null)
    return { stacks: {}, problems: ['discover has more globs than can be held against the directories. Use fewer.'] };
  const own = new Map(Object.entries(file.stacks ?? {}).map(([name, stack]) => [normalizePath(stack.path), name]));
  const names = new Map([...own].map(([path, name]) => [name, path]));
  for (const path of roots) {
    if (own.has(path) || checkStackPath(path) !== null) continue;
    const name = nameFromPath(path);
    const other = names.get(name);
    if (other === undefined) found.stacks[name] = { path };
    else found.problems.push(takenTwice(name, path, other));
    names.set(name, other ?? path);
  }
  if (names.size > mostStacks)
    found.problems.push(`discover makes ${names.size} stacks; at most ${mostStacks} are allowed. Exclude directories.`);
  return found;
}

function takenTwice(name: string, path: string, other: string): string {
  // Two that are alike for so long tell themselves apart at their ends.
  const [shown, taken] = [quote(path, longestPath), quote(other, longestPath)];
  return `discover finds ${shown}, whose stack would be ${quote(name)} like that of ${taken}. Name one of the two in stacks, or exclude it.`;
}

export function discoverErrors(problems: string[], place: Pick<ConfigError, 'line' | 'column'>): ConfigError[] {
  return problems.map((message) => ({ ...place, message, field: 'discover' }));
}
