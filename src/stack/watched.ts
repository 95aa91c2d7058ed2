import { type Modules, usedBy } from './modules.ts';
import { resolveWithin } from './paths.ts';

export interface Watching {
  path: string;
  varFiles: string[];
  /** Where they are known, what the stack uses of them is watched too. */
  modules: Modules | null;
  /** The directories of all stacks. */
  directories: string[];
}

/**
 * The globs of what a stack watches without being told: its directory without those of other stacks below it, which
 * are planned by themselves, then whatever it uses from elsewhere: modules, var files, files that links lead to.
 */
export function watchedByNature({ path, varFiles, modules, directories }: Watching): string[] {
  const used = modules === null ? [] : usedBy(modules, path);
  const linked = [path, ...used].flatMap((directory) => [...(modules?.get(directory)?.links ?? [])]);
  const files = [...new Set([...varFiles.flatMap((file) => resolveWithin(path, file) ?? []), ...linked.sort()])];
  const others = outermost(directories.filter((other) => other !== path && contains(path, other)));
  const wide = linked.includes('./') ? ['**'] : used.includes('.') ? watchedOfRoot([path, ...used], modules) : [];
  const globs = [...wide, globOf(path), ...others.map(exclusionOf)];
  // Those of these that are watched already would only lengthen the list.
  const watched = (one: string) =>
    contains(path, one) ? !others.some((other) => contains(other, one)) : wide.length > 0 && !isExcluded(one, wide);
  return [
    ...globs,
    ...used.filter((one) => one !== '.' && !watched(one)).map((one) => globOf(spelled(one))),
    ...files.filter((one) => !watched(one)).map((one) => (one.endsWith('/') ? `${spelled(one)}**` : spelled(one))),
  ];
}

/** A module at the root may read any file of the repository; what other modules are made of is theirs. */
function watchedOfRoot(own: string[], modules: Modules | null): string[] {
  const others = [...(modules?.keys() ?? [])].filter((one) => one !== '.' && !own.includes(one));
  return [
    '**',
    ...outermost(['.github', ...others].filter((one) => spelled(one) === one))
      .sort()
      .map(exclusionOf),
  ];
}

/** Those that lie in none of the others; never the root. */
function outermost(directories: string[]): string[] {
  const all = new Set(directories);
  return directories.filter((directory) => {
    const names = directory.split('/');
    return !names.some((_, depth) => depth > 0 && all.has(names.slice(0, depth).join('/')));
  });
}

function globOf(directory: string): string {
  return directory === '.' ? '**' : `${directory}/**`;
}

function exclusionOf(directory: string): string {
  return `!${globOf(directory)}`;
}

function isExcluded(path: string, globs: string[]): boolean {
  return globs.some((glob) => glob.startsWith('!') && contains(glob.slice(1, -'/**'.length), path));
}

function contains(directory: string, path: string): boolean {
  return directory === '.' || path === directory || path.startsWith(`${directory}/`);
}

/** A path as a glob takes it: in a name that it would read otherwise, `?` stands for each of its signs. */
function spelled(path: string): string {
  return path
    .split('/')
    .map((name) => (/[*?[{]|^!/.test(name) ? name.replace(/[!-,:-@[-^`{-~]/g, '?') : name))
    .join('/');
}
