import { defineStack } from './define-stacks.ts';
import { type ConfigError, mostStacks, type StackDefinition } from './definition.ts';
import { resolveWithin } from './paths.ts';
import { quote } from './quote.ts';
import { defaultsSchema, stackSchema } from './schema.ts';
import type { YamlSource } from './yaml-source.ts';

/**
 * Mistakes that show only between stacks, discovered ones among them, or between a stack and the defaults. Works on the
 * stacks whose own shape is right, so that a mistake in one does not hide these in the others.
 */
export function conflictsBetween(source: YamlSource, discovered: StackDefinition[]): ConfigError[] {
  const stacks = readableStacks(source.value);
  const place = (path: (string | number)[]) => ({ ...source.place(path), field: path.join('.') });
  const at: At = (name, ...keys) => place(['stacks', name, ...keys]);
  const inDefaults: At = (_, ...keys) => place(['defaults', ...keys]);
  const strays = [...strayVarFiles(stacks, at), ...onePerPlace(strayVarFiles(discovered, inDefaults))];
  const renames = wrongRenames(stacks, { at, discovered });
  return [...tooMany(stacks, at), ...strays, ...samePlaces(stacks, at), ...renames];
}

type At = (name: string, ...keys: (string | number)[]) => Omit<ConfigError, 'message'>;

function readableStacks(file: unknown): StackDefinition[] {
  if (typeof file !== 'object' || file === null || !('stacks' in file)) return [];
  if (typeof file.stacks !== 'object' || file.stacks === null) return [];
  const defaults = defaultsSchema.safeParse('defaults' in file ? file.defaults : {}).data ?? {};
  return Object.entries(file.stacks).flatMap(([name, value]) => {
    const stack = stackSchema.safeParse(value);
    return stack.success ? [defineStack(name, stack.data, { defaults })] : [];
  });
}

function tooMany(stacks: StackDefinition[], at: At): ConfigError[] {
  const first = stacks[mostStacks];
  if (first === undefined) return [];
  const message = `zenfra.yml has ${stacks.length} stacks; at most ${mostStacks} are allowed. Split the repository.`;
  return [{ ...at(first.name), message }];
}

function strayVarFiles(stacks: StackDefinition[], at: At): ConfigError[] {
  return stacks.flatMap(({ name, path, varFiles }) =>
    varFiles.flatMap((file, index) => {
      if (resolveWithin(path, file) !== null) return [];
      const place = at(name, 'var_files', index);
      const message = `${place.field}: ${quote(file)}, seen from ${path}, leaves the repository. Name a file inside it.`;
      return [{ ...place, message }];
    }),
  );
}

/** What the defaults say is wrong once, however many stacks have it from there. */
function onePerPlace(errors: ConfigError[]): ConfigError[] {
  return errors.filter(({ field }, index) => errors.findIndex((one) => one.field === field) === index);
}

function samePlaces(stacks: StackDefinition[], at: At): ConfigError[] {
  const taken = new Map<string, string>();
  return stacks.flatMap(({ name, path, varFiles, state }) => {
    // Resolved, as `../x/prod.tfvars` seen from x is `prod.tfvars`.
    const files = JSON.stringify([path, varFiles.map((file) => resolveWithin(path, file) ?? file)]);
    // A backend knows nothing of var files, and all stacks are planned in its workspace `default`.
    const backend = state === 'external' ? JSON.stringify(path) : null;
    const [sharing, alike] = [backend === null ? undefined : taken.get(backend), taken.get(files)];
    for (const place of [backend, files]) if (place !== null && !taken.has(place)) taken.set(place, name);
    const message = sharing
      ? `Stack ${quote(name)} has the path ${quote(path)} of stack ${quote(sharing)}, and a backend there keeps the state of both (state: external): it would be one state, and each would undo what the other made. Give each a directory of its own, with a module that both use, or let Zenfra keep their states (state: managed).`
      : alike &&
        `Stack ${quote(name)} has the path ${quote(path)} and the var_files of stack ${quote(alike)}: both would manage the same resources. Give one of them other var_files, or remove it.`;
    return message ? [{ ...at(name, 'path'), message }] : [];
  });
}

function wrongRenames(
  stacks: StackDefinition[],
  { at, discovered }: { at: At; discovered: StackDefinition[] },
): ConfigError[] {
  const there = new Map([
    ...discovered.map(
      ({ name }) => [name, 'discover finds. Exclude its directory there, or remove renamed_from.'] as const,
    ),
    ...stacks.map(({ name }) => [name, 'is still in this file. Remove one of the two.'] as const),
  ]);
  const claimed = new Map<string, string>();
  return stacks.flatMap(({ name, renamedFrom }) => {
    if (renamedFrom === null) return [];
    const other = claimed.get(renamedFrom);
    claimed.set(renamedFrom, other ?? name);
    const former = quote(renamedFrom);
    const still = there.get(renamedFrom);
    const message = still
      ? `Stack ${quote(name)} says it was renamed from ${former}, which ${still}`
      : other &&
        `Stacks ${quote(other)} and ${quote(name)} both say they were renamed from ${former}. Only one can be.`;
    return message ? [{ ...at(name, 'renamed_from'), message }] : [];
  });
}
