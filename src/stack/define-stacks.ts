import type { z } from 'zod';
import { type Hooks, hookNames } from '../run/hooks.ts';
import { builtInPolicy, type RunPolicy } from '../run/policy.ts';
import type { StackDefinition } from './definition.ts';
import { durationMs } from './duration.ts';
import type { Modules } from './modules.ts';
import { normalizePath } from './paths.ts';
import type { DefaultsInput, fileSchema, StackInput } from './schema.ts';
import { watchedByNature } from './watched.ts';

/** What holds for all stacks of a file. */
export interface Surroundings {
  defaults: DefaultsInput;
  /** Of the repository, where they are known. */
  modules: Modules | null;
  /** The directories of all stacks. */
  directories: string[];
}

export function surroundingsOf(file: z.output<typeof fileSchema>, modules: Modules | null): Surroundings {
  const directories = Object.values(file.stacks ?? {}).map(({ path }) => normalizePath(path));
  return { defaults: file.defaults ?? {}, modules, directories: [...new Set(directories)] };
}

/** The stacks of a file whose shape is right, in its order. */
export function defineStacks(file: z.output<typeof fileSchema>, modules: Modules | null): StackDefinition[] {
  const around = surroundingsOf(file, modules);
  return Object.entries(file.stacks ?? {}).map(([name, stack]) => defineStack(name, stack, around));
}

/** A stack's own settings win over the defaults, setting by setting; its lists replace theirs. */
export function defineStack(
  name: string,
  stack: StackInput,
  { defaults = {}, modules = null, directories = [] }: Partial<Surroundings> = {},
): StackDefinition {
  const path = normalizePath(stack.path);
  const varFiles = (stack.var_files ?? defaults.var_files ?? []).map(normalizePath);
  return {
    name,
    path,
    branch: stack.branch ?? defaults.branch ?? null,
    renamedFrom: stack.renamed_from ?? null,
    varFiles,
    pushPaths: choosePushPaths(watchedByNature({ path, varFiles, modules, directories }), stack, defaults),
    engine: stack.iac?.engine ?? defaults.iac?.engine ?? null,
    version: stack.iac?.version ?? inheritedVersion(stack, defaults),
    state: stack.state ?? defaults.state ?? 'managed',
    labels: stack.labels ?? defaults.labels ?? [],
    environment: stack.environment ?? defaults.environment ?? null,
    planDrafts: stack.triggers?.on_pull_request?.drafts ?? defaults.triggers?.on_pull_request?.drafts ?? false,
    dependsOn: [...new Set(stack.depends_on ?? [])],
    hooks: chooseHooks(stack, defaults),
    ...choosePolicy(stack, defaults),
  };
}

function chooseHooks(stack: DefaultsInput, defaults: DefaultsInput): Hooks {
  const said = { ...defaults.hooks, ...stack.hooks };
  return Object.fromEntries(hookNames.flatMap((name) => (said[name]?.length ? [[name, said[name]]] : [])));
}

function choosePolicy(stack: DefaultsInput, defaults: DefaultsInput): RunPolicy {
  const approval = { ...defaults.approval, ...stack.approval };
  const timeouts = { ...defaults.timeouts, ...stack.timeouts };
  return {
    approval: {
      requirements: [...new Set(approval.requirements ?? builtInPolicy.approval.requirements)],
      permission: approval.permission ?? builtInPolicy.approval.permission,
      selfApprove: approval.self_approve ?? builtInPolicy.approval.selfApprove,
      expiresMs: durationMs(approval.expires),
    },
    autoApply: stack.auto_apply ?? defaults.auto_apply ?? builtInPolicy.autoApply,
    protectDestroy: stack.protect?.destroy ?? defaults.protect?.destroy ?? builtInPolicy.protectDestroy,
    timeouts: { planMs: durationMs(timeouts.plan), applyMs: durationMs(timeouts.apply) },
  };
}

/** Whether a change of a module that it uses is one of a stack: not where it says itself which files are. */
export function followsModules(stack: StackInput): boolean {
  return normalizePath(stack.path) !== '.' && addsToNatural(stack.triggers?.on_push?.paths ?? []);
}

/** Whether own globs add to what is watched by nature, and do not replace it: there are none, or the first excludes. */
function addsToNatural([first]: readonly string[]): boolean {
  return first === undefined || first.startsWith('!');
}

/**
 * A stack's own globs replace what it watches by nature, unless they begin by excluding: then there must be something
 * to exclude from. Those of the defaults cannot name each stack's directory, so they always add to it.
 */
function choosePushPaths(natural: string[], stack: StackInput, defaults: DefaultsInput): string[] {
  const own = stack.triggers?.on_push?.paths;
  if (own === undefined) return [...natural, ...(defaults.triggers?.on_push?.paths ?? [])];
  return addsToNatural(own) ? [...natural, ...own] : own;
}

/** A version belongs to its engine: a stack that chooses another one leaves the defaults' version behind. */
function inheritedVersion(stack: StackInput, defaults: DefaultsInput): string | null {
  const engine = stack.iac?.engine;
  if (engine !== undefined && engine !== defaults.iac?.engine) return null;
  return defaults.iac?.version ?? null;
}
