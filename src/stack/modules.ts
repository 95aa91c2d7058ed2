import { createHash } from 'node:crypto';
import { createCompiler, repositoryPath } from './match-paths.ts';
import { isModuleFile, type ModuleFile } from './module-file.ts';
import { resolveWithin } from './paths.ts';

export interface Module {
  /** Directories of the modules that it uses from the same repository. */
  uses: Set<string>;
  /**
   * What links in its directory, and below it where no other module is, lead to, and the directories in which a variable
   * chooses a module; of a directory with a "/" at its end.
   */
  links: Set<string>;
  backend: boolean;
  provider: boolean;
  manages: boolean;
}

/** The modules of a repository at a commit, by directory; the root is `.`. */
export type Modules = ReadonlyMap<string, Module>;

/** A link in a repository, and what of the same repository it leads to: of a directory with a "/" at its end. */
export interface Link {
  path: string;
  target: string;
}

/** Puts the files of each directory together. `target` is what the one at `path` is a link to. */
export function gatherModules(files: readonly { path: string; file: ModuleFile; target?: string }[]): Modules {
  const modules = new Map<string, Module>();
  for (const { path, file, target } of files) {
    if (!isModuleFile(path)) continue;
    const directory = directoryOf(path);
    const none = { uses: new Set<string>(), links: new Set<string>(), backend: false, provider: false, manages: false };
    const module = modules.get(directory) ?? none;
    modules.set(directory, module);
    module.backend ||= file.backend;
    module.provider ||= file.provider;
    module.manages ||= file.manages;
    if (target !== undefined) module.links.add(target);
    for (const source of file.sources) {
      const { found, chosen } = resolveSource(directory, source);
      if (found === null || found === directory) continue;
      if (chosen) module.links.add(`${found}/`);
      else module.uses.add(found);
    }
  }
  return modules;
}

/** Adds links that are no configuration to the modules around them. */
export function addLinks(modules: Modules, links: readonly Link[]): void {
  for (const { path, target } of links) modules.get(moduleAround(modules, path) ?? '')?.links.add(target);
}

/**
 * Of `../modules/${var.kind}`, which OpenTofu takes, the directory that holds all that it may be. That is none of the
 * modules itself: it may be a root module, or the repository's root.
 */
function resolveSource(directory: string, source: string): { found: string | null; chosen: boolean } {
  const computed = source.search(/[$%]\{/);
  if (computed === -1) return { found: resolveWithin(directory, source), chosen: false };
  return { found: resolveWithin(directory, source.slice(0, source.lastIndexOf('/', computed) + 1)), chosen: true };
}

/** The directory of the module that a file lies in or, nearest, below; null if none. */
export function moduleAround(modules: Modules, path: string): string | null {
  for (let directory = directoryOf(path); ; directory = directoryOf(directory)) {
    if (modules.has(directory)) return directory;
    if (directory === '.') return null;
  }
}

export function directoryOf(path: string): string {
  const end = path.lastIndexOf('/');
  return end === -1 ? '.' : path.slice(0, end);
}

/** The directories of all modules that the one in a directory uses, through others too; sorted, without itself. */
export function usedBy(modules: Modules, directory: string): string[] {
  const seen = new Set([directory]);
  const ahead = [directory];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    for (const used of modules.get(next)?.uses ?? []) {
      if (seen.has(used)) continue;
      seen.add(used);
      ahead.push(used);
    }
  }
  seen.delete(directory);
  return [...seen].sort();
}

/**
 * The root modules in directories that the globs take; `isRoot` says which those are. Globs that begin by excluding
 * exclude from all. Directories whose names begin with a dot are as if they were not there. Null where too many globs and
 * directories meet.
 */
export function findRoots(modules: Modules, globs: string[]): string[] | null {
  const work = { stepsLeft: 20_000_000 };
  const watch = createCompiler(work)(globs[0]?.startsWith('!') ? ['**', ...globs] : globs);
  const visible = [...modules].filter(([directory]) => !/(^|\/)\.[^/]/.test(directory));
  const used = new Set(visible.flatMap(([, module]) => [...module.uses]));
  const roots = visible.filter(
    ([directory, module]) =>
      isRoot(module, { directory, used: used.has(directory) }) &&
      work.stepsLeft > 0 &&
      watch.takes(repositoryPath(directory)),
  );
  return work.stepsLeft > 0 ? roots.map(([directory]) => directory).sort() : null;
}

/**
 * Only a root module says where its state is. One that another module uses is a child, even if it sets up a provider, as
 * was usual once. Of the others, those below a directory named `modules` are there to be used, by other repositories
 * too; and where nothing but variables and outputs is, there is nothing to plan.
 */
function isRoot(module: Module, { directory, used }: { directory: string; used: boolean }): boolean {
  if (module.backend) return true;
  if (used) return false;
  return module.provider || (module.manages && !directory.split('/').includes('modules'));
}

const longestName = 63;

/**
 * `infra/Network/prod` → `infra-network-prod`. Where too much of the path is lost by that (it is longer, or in letters
 * that a name cannot have), digits of its hash tell it from others like it.
 */
export function nameFromPath(path: string): string {
  const name = path
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '-')
    .replace(/^[-_]+|-+$/g, '');
  const lost = name.length > longestName || /[^a-z0-9_./ -]/i.test(path);
  if (!lost) return name === '' ? 'root' : name;
  const hash = createHash('sha256').update(path).digest('hex').slice(0, 6);
  const kept = name.slice(0, longestName - 1 - hash.length).replace(/-+$/, '');
  return `${kept === '' ? 'stack' : kept}-${hash}`;
}
