import { versionFiles } from '../run/engine-version.ts';
import type { StackDefinition } from './definition.ts';
import { createCompiler, type RepositoryPath, repositoryPath, type Watch, type Work } from './match-paths.ts';

export interface AffectedStack {
  name: string;
  /** The first of the changed paths that the stack watches. */
  because: string;
}

/** About a second. No change that people make comes near it; a file of 20,000 globs made to be slow would take hours. */
const mostSteps = 50_000_000;

/** The stacks that a change touches: all of them where its paths are not known, or too many for their globs. */
export function touchedStacks(stacks: StackDefinition[], changedPaths: string[] | null): AffectedStack[] {
  const affected = changedPaths === null ? null : affectedStacks(stacks, changedPaths);
  return affected ?? stacks.map(({ name }) => ({ name, because: 'more files than can be told' }));
}

/**
 * The stacks that a change touches, in the order of the configuration. Any path will do: `changedPaths` comes from
 * pull requests, where names may hold any byte. Null where so many globs and paths meet that telling would keep
 * everybody else waiting.
 */
export function affectedStacks(stacks: StackDefinition[], changedPaths: string[]): AffectedStack[] | null {
  const work: Work = { stepsLeft: mostSteps };
  const compile = createCompiler(work);
  const watches = stacks.map((stack) => ({ stack, watch: compile(stack.pushPaths) }));
  const watching = indexByDirectory(watches);
  const deepest = Math.max(0, ...[...watching.keys()].map((directory) => directory.length));
  const because = new Map<StackDefinition, string>();
  for (const path of changedPaths.map(repositoryPath)) {
    for (const directory of waysDown(path.text, deepest)) {
      for (const { stack, watch } of watching.get(directory) ?? []) {
        if (!because.has(stack) && watch.takes(path)) because.set(stack, path.text);
        if (work.stepsLeft < 0) return null;
      }
    }
    for (const { stack, watch } of isVersionFile(path.text) ? watches : []) {
      if (!because.has(stack) && mayChooseEngine(path.text, stack) && watch.takes(insideOf(stack, path.text)))
        because.set(stack, path.text);
      if (work.stepsLeft < 0) return null;
    }
  }
  return stacks.flatMap((stack) => {
    const path = because.get(stack);
    return path === undefined ? [] : [{ name: stack.name, because: path }];
  });
}

interface WatchingStack {
  stack: StackDefinition;
  watch: Watch;
}

/** Most stacks watch a directory: a path is asked of those on its way down, not of all, which matters with hundreds of them. */
function indexByDirectory(watches: WatchingStack[]): Map<string, WatchingStack[]> {
  const byDirectory = new Map<string, WatchingStack[]>();
  for (const one of watches) {
    for (const directory of new Set(one.watch.directories)) {
      const watching = byDirectory.get(directory) ?? [];
      watching.push(one);
      byDirectory.set(directory, watching);
    }
  }
  return byDirectory;
}

function isVersionFile(path: string): boolean {
  return versionFiles.some(([name]) => path.endsWith(name));
}

/** Whether it is a version file above the stack that decides about its engine, or would if it were the nearest. */
function mayChooseEngine(path: string, { path: directory, engine, version }: StackDefinition): boolean {
  const end = path.lastIndexOf('/') + 1;
  const file = versionFiles.find(([name]) => name === path.slice(end));
  if (file === undefined || version !== null || (engine !== null && engine !== file[1])) return false;
  return directory !== '.' && `${directory}/`.startsWith(path.slice(0, end));
}

/** Who watches such a file in the stack's directory, or not, means those above it, too. */
function insideOf({ path: directory }: StackDefinition, path: string): RepositoryPath {
  return repositoryPath(`${directory}/${path.slice(path.lastIndexOf('/') + 1)}`);
}

/** `a/b/c` → ``, `a`, `a/b`, `a/b/c`; none longer than `deepest`. */
function waysDown(path: string, deepest: number): string[] {
  const ways = path === '' ? [''] : ['', path];
  for (let at = path.indexOf('/'); at !== -1 && at <= deepest; at = path.indexOf('/', at + 1))
    ways.push(path.slice(0, at));
  return ways;
}

/**
 * The stacks of `after` that a change of zenfra.yml itself makes new or different. A new name alone is no difference:
 * nothing would be planned otherwise than before.
 */
export function changedDefinitions(before: StackDefinition[], after: StackDefinition[]): string[] {
  const known = new Map(before.map((stack) => [stack.name, stack]));
  return after
    .filter((stack) => {
      const former = known.get(stack.name) ?? known.get(stack.renamedFrom ?? '');
      return former === undefined || substance(former) !== substance(stack);
    })
    .map((stack) => stack.name);
}

/**
 * To watch less makes no difference to what is planned: a stack that is added below another one does not plan that one
 * again.
 */
function substance({ path, branch, varFiles, pushPaths, engine, version, state }: StackDefinition): string {
  const watched = pushPaths.filter((glob) => !glob.startsWith('!'));
  return JSON.stringify([path, branch, varFiles, watched, engine, version, state ?? 'managed']);
}
