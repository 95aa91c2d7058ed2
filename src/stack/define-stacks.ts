import type { z } from 'zod';
import type { StackDefinition } from './definition.ts';
import { normalizePath, resolveWithin } from './paths.ts';
import type { DefaultsInput, fileSchema, StackInput } from './schema.ts';

/** The stacks of a file whose shape is right, in its order. */
export function defineStacks(file: z.output<typeof fileSchema>): StackDefinition[] {
  return Object.entries(file.stacks).map(([name, stack]) => defineStack(name, stack, file.defaults ?? {}));
}

/** A stack's own settings win over the defaults, setting by setting; its lists replace theirs. */
export function defineStack(name: string, stack: StackInput, defaults: DefaultsInput): StackDefinition {
  const path = normalizePath(stack.path);
  const varFiles = (stack.var_files ?? defaults.var_files ?? []).map(normalizePath);
  return {
    name,
    path,
    branch: stack.branch ?? defaults.branch ?? null,
    renamedFrom: stack.renamed_from ?? null,
    varFiles,
    pushPaths: choosePushPaths(watchedByNature(path, varFiles), stack, defaults),
    engine: stack.iac?.engine ?? defaults.iac?.engine ?? null,
    version: stack.iac?.version ?? inheritedVersion(stack, defaults),
  };
}

/** What a stack watches without being told: its own directory, and its var files outside of it. */
export function watchedByNature(path: string, varFiles: string[]): string[] {
  if (path === '.') return ['**'];
  const outside = varFiles.flatMap((file) => resolveWithin(path, file) ?? []).filter((file) => !isBelow(path, file));
  return [`${path}/**`, ...new Set(outside)];
}

/**
 * A stack's own globs replace what it watches by nature, unless they begin by excluding: then there must be something
 * to exclude from. Those of the defaults cannot name each stack's directory, so they always add to it.
 */
function choosePushPaths(natural: string[], stack: StackInput, defaults: DefaultsInput): string[] {
  const own = stack.triggers?.on_push?.paths;
  if (own === undefined) return [...natural, ...(defaults.triggers?.on_push?.paths ?? [])];
  return own[0] === undefined || own[0].startsWith('!') ? [...natural, ...own] : own;
}

/** A version belongs to its engine: a stack that chooses another one leaves the defaults' version behind. */
function inheritedVersion(stack: StackInput, defaults: DefaultsInput): string | null {
  const engine = stack.iac?.engine;
  if (engine !== undefined && engine !== defaults.iac?.engine) return null;
  return defaults.iac?.version ?? null;
}

function isBelow(directory: string, path: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}
