import type { z } from 'zod';
import { defineStack, type Surroundings, surroundingsOf } from './define-stacks.ts';
import { type OtherSetting, otherSettings, type SettingSource, type StackSources } from './definition.ts';
import type { Modules } from './modules.ts';
import type { DefaultsInput, fileSchema, StackInput } from './schema.ts';
import type { YamlSource } from './yaml-source.ts';

const builtIn: SettingSource = { by: 'built_in' };

/** Where the settings of each stack of a file stand, by the same rules as `defineStack` chooses them. */
export function readSources(
  file: z.output<typeof fileSchema>,
  source: YamlSource,
  found: { modules: Modules | null; discovered: ReadonlySet<string> },
): Map<string, StackSources> {
  const lineOf = (path: readonly PropertyKey[]) => source.place(path).line;
  const around = surroundingsOf(file, found.modules);
  return new Map(
    Object.keys(file.stacks ?? {}).map((name) => {
      // One that was found has no place of its own in the file.
      const line = found.discovered.has(name)
        ? (path: readonly PropertyKey[]) => lineOf(path[0] === 'stacks' ? ['discover', 'paths'] : path)
        : lineOf;
      return [name, sourcesOf({ name, file, line, around })];
    }),
  );
}

/** Of a repository without a zenfra.yml: nothing was said. */
export function builtInSources(pushPaths: string[]): StackSources {
  return {
    path: builtIn,
    branch: builtIn,
    varFiles: builtIn,
    pushPaths: pushPaths.map(() => builtIn),
    engine: builtIn,
    version: builtIn,
    renamedFrom: builtIn,
    commentDetail: builtIn,
    others: others(() => builtIn),
  };
}

interface Asked {
  name: string;
  file: z.output<typeof fileSchema>;
  line: (path: readonly PropertyKey[]) => number;
  around: Surroundings;
}

function sourcesOf({ name, file, line, around }: Asked): StackSources {
  const stack = file.stacks?.[name] ?? { path: '.' };
  const defaults = file.defaults ?? {};
  const find = (path: readonly PropertyKey[]): SettingSource => {
    if (isSaid(stack, path)) return { by: 'stack', line: line(['stacks', name, ...path]) };
    return isSaid(defaults, path) ? { by: 'defaults', line: line(['defaults', ...path]) } : builtIn;
  };
  const definition = defineStack(name, stack, around);
  return {
    path: find(['path']),
    branch: find(['branch']),
    varFiles: find(['var_files']),
    pushPaths: globSources(definition.pushPaths, { stack, defaults, find }),
    engine: find(['iac', 'engine']),
    // A stack with another engine leaves the version of the defaults behind.
    version: definition.version === null ? builtIn : find(['iac', 'version']),
    renamedFrom: find(['renamed_from']),
    commentDetail: file.comments?.detail === undefined ? builtIn : { by: 'stack', line: line(['comments', 'detail']) },
    others: others((setting) => find(setting.split('.'))),
  };
}

function others(find: (setting: OtherSetting) => SettingSource): StackSources['others'] {
  return Object.fromEntries(otherSettings.map((setting) => [setting, find(setting)])) as StackSources['others'];
}

function isSaid(said: object, path: readonly PropertyKey[]): boolean {
  let value: unknown = said;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false;
    value = Reflect.get(value, key);
  }
  return value !== undefined;
}

interface Said {
  stack: StackInput;
  defaults: DefaultsInput;
  find: (path: readonly PropertyKey[]) => SettingSource;
}

/** What was said stands at the end of the list; what precedes it is watched by nature. */
function globSources(pushPaths: string[], { stack, defaults, find }: Said): SettingSource[] {
  const said = stack.triggers?.on_push?.paths ?? defaults.triggers?.on_push?.paths ?? [];
  const natural = pushPaths.length - said.length;
  return pushPaths.map((_, index) =>
    index < natural ? builtIn : find(['triggers', 'on_push', 'paths', index - natural]),
  );
}
