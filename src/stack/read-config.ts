import type { z } from 'zod';
import { conflictsBetween } from './conflicts.ts';
import { defineStack, defineStacks, followsModules } from './define-stacks.ts';
import type { ConfigError, ConfigReading, StackDefinition } from './definition.ts';
import { dependencyProblems } from './dependencies.ts';
import { discoverErrors, discoverStacks } from './discover.ts';
import type { Modules } from './modules.ts';
import { nearest } from './nearest.ts';
import { normalizePath } from './paths.ts';
import { describeValue, quote } from './quote.ts';
import { readSources } from './read-sources.ts';
import { rightsOf } from './rights.ts';
import { checkStackName, fileSchema, keyPaths, keysAt } from './schema.ts';
import { readYaml, type YamlSource } from './yaml-source.ts';

const mostErrors = 50;

/**
 * Reads a zenfra.yml. All mistakes come back at once, in the order of the file; a file with one mistake gives no
 * stacks at all, so that half a configuration is never acted on. Without the modules of the repository nothing is
 * discovered or followed; `wantsModules` tells whether that would make a difference.
 */
export function readConfig(text: string, modules: Modules | null = null): ConfigReading {
  const yaml = readYaml(text);
  if (!yaml.ok) return yaml;
  const { source } = yaml;
  const file = fileSchema.safeParse(source.value);
  const discovered = file.success ? discoverStacks(file.data, modules) : { stacks: {}, problems: [] };
  const whole = file.success ? { ...file.data, stacks: { ...file.data.stacks, ...discovered.stacks } } : null;
  const stacks = whole === null ? [] : defineStacks(whole, modules);
  const found = new Set(Object.keys(discovered.stacks));
  const errors = [
    ...missingStacks(source),
    ...nameErrors(source),
    ...(file.error?.issues ?? []).flatMap((issue) => explainIssue(issue, source)),
    ...conflictsBetween(
      source,
      stacks.filter(({ name }) => found.has(name)),
    ),
    ...discoverErrors(discovered.problems, source.place(['discover', 'paths'])),
    ...dependencyErrors(stacks, source, { complete: modules !== null || !whole?.discover }),
  ];
  if (whole !== null && errors.length === 0) {
    const config = {
      stacks,
      comments: { detail: whole.comments?.detail ?? null },
      defaultRights: rightsOf(defineStack('defaults', { path: '.' }, { defaults: whole.defaults ?? {} })),
      discover: whole.discover?.paths ?? null,
    };
    const sources = readSources(whole, source, { modules, discovered: found });
    const following = Object.values(whole.stacks).filter(followsModules);
    const wantsModules = whole.discover ? 'everywhere' : following.map(({ path }) => normalizePath(path));
    return { ok: true, config, sources, wantsModules };
  }
  errors.sort((a, b) => a.line - b.line || a.column - b.column);
  return { ok: false, errors: errors.slice(0, mostErrors) };
}

/** Where stacks may still be discovered, a name that none has is no mistake yet. */
function dependencyErrors(
  stacks: StackDefinition[],
  source: YamlSource,
  { complete }: { complete: boolean },
): ConfigError[] {
  if (!complete) return [];
  return dependencyProblems(stacks).map(({ stack, index, message }) => {
    const path = ['stacks', stack, 'depends_on', index];
    return { ...source.place(path), message, field: dotted(path) };
  });
}

function missingStacks(source: YamlSource): ConfigError[] {
  const { value } = source;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  if (Object.hasOwn(value, 'stacks') || Object.hasOwn(value, 'discover')) return [];
  return [{ ...source.place(['stacks']), message: `stacks is missing. ${examples.stacks}`, field: 'stacks' }];
}

function nameErrors(source: YamlSource): ConfigError[] {
  const stacks = valueAt(source.value, ['stacks']);
  if (typeof stacks !== 'object' || stacks === null || Array.isArray(stacks)) return [];
  return Object.keys(stacks).flatMap((name) => {
    const message = checkStackName(name);
    return message === null ? [] : [{ ...source.place(['stacks'], name), message, field: dotted(['stacks', name]) }];
  });
}

type Issue = z.core.$ZodIssue;

function explainIssue(issue: Issue, source: YamlSource): ConfigError[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      ...source.place(path, key),
      message: explainKey(key, path),
      field: dotted([...path, key]),
    }));
  }
  const value = valueAt(source.value, path);
  const message = explainValue(issue, value, source.written(path));
  return [{ ...source.place(path), message, field: dotted(path) }];
}

function explainKey(key: string, path: readonly PropertyKey[]): string {
  const where = path.length === 0 ? 'at the top of zenfra.yml' : `in ${dotted(path)}`;
  if (key === 'workspace') {
    return `${quote(key)} is not a key ${where}: the http backend has no workspaces: make one stack per environment, with var_files.`;
  }
  if (key === '<<')
    return `${quote(key)} is not a key ${where}: merge keys are not read. Write the settings out, or say in defaults what is the same for all stacks.`;
  const allowed = keysAt(path);
  const meant = homeOf(otherKeys.get(key), path) ?? nearest(key, allowed) ?? homeOf(nearestKey(key), path);
  const advice = meant === null ? `Known here: ${allowed.join(', ')}.` : `Did you mean "${meant}"?`;
  return `${quote(key)} is not a key ${where}. ${advice}`;
}

/** What Atlantis, Digger and others call it, and where it stands here. */
const otherKeys = new Map([
  ['projects', 'stacks'],
  ['dir', 'path'],
  ['directory', 'path'],
  ['terraform_version', 'iac.version'],
  ['opentofu_version', 'iac.version'],
  ['when_modified', 'triggers.on_push.paths'],
  ['include_patterns', 'triggers.on_push.paths'],
  ['apply_requirements', 'approval.requirements'],
]);

function nearestKey(key: string): string | undefined {
  return nearest(key, new Set(keyPaths().map((path) => path.at(-1) ?? ''))) ?? undefined;
}

/** The path that ends so, of several the one with the most of this place's path; null if none does. */
function homeOf(meant: string | undefined, here: readonly PropertyKey[]): string | null {
  if (meant === undefined) return null;
  const homes = keyPaths()
    .filter((path) => `.${path.join('.')}`.endsWith(`.${meant}`))
    .map((path) => path.map((part, index) => (part === 'NAME' && here[0] === path[0] ? (here[index] ?? part) : part)));
  const shared = (path: PropertyKey[]) => path.findIndex((part, index) => part !== here[index]);
  const [home] = homes.sort((a, b) => shared(b) - shared(a));
  if (home === undefined) return null;
  // A key of this very place is named alone, as the nearest ones are.
  return dotted(shared(home) === here.length && home.length === here.length + 1 ? home.slice(-1) : home);
}

function explainValue(issue: Issue, value: unknown, written = String(value)): string {
  const field = dotted(issue.path) || 'zenfra.yml';
  if (issue.code === 'custom') return `${field}: ${issue.message}`;
  if (issue.code === 'invalid_value') return `${field} ${explainChoice(issue.values, value)}`;
  if (issue.code !== 'invalid_type') return `${field}: ${issue.message}.`;
  const kind = kinds[issue.expected] ?? issue.expected;
  if (value === undefined) return `${field} is missing. ${examples[String(issue.path.at(-1))] ?? `Write ${kind}.`}`;
  const isPlain = typeof value === 'number' || typeof value === 'boolean';
  if (isPlain && issue.expected === 'string')
    return `${field} must be ${kind}, but is the ${typeof value} ${quote(written).slice(1, -1)}. Put it in quotes: ${quote(written)}.`;
  return `${field} must be ${kind}, but is ${describeValue(value)}.`;
}

const kinds: Record<string, string> = {
  string: 'text',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  boolean: 'true or false',
};

const examples: Record<string, string> = {
  stacks: 'Name at least one stack, such as "stacks: { network: { path: infra/network } }".',
  path: 'Write the directory of the root module, such as "path: infra/network".',
};

/** What people call a choice that is written otherwise. */
const otherNames: Record<string, string> = { opentofu: 'tofu' };

function explainChoice(choices: readonly unknown[], value: unknown): string {
  const names = [...choices.map(String), ...Object.keys(otherNames)];
  const near = typeof value === 'string' ? nearest(value, names) : null;
  const meant = choices.find((choice) => near !== null && [near, otherNames[near]].includes(String(choice)));
  const advice = meant === undefined ? '' : ` Did you mean ${JSON.stringify(meant)}?`;
  const known = choices.map((choice) => JSON.stringify(choice)).join(' or ');
  return `must be ${known}, but is ${describeValue(value)}.${advice}`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((container, key) => {
    if (typeof container !== 'object' || container === null || !Object.hasOwn(container, key)) return undefined;
    return Reflect.get(container, key);
  }, value);
}

function dotted(path: readonly PropertyKey[]): string {
  return path.map((part) => (/^[\w-]{1,63}$/.test(String(part)) ? String(part) : quote(String(part)))).join('.');
}
