import { createCompiler, repositoryPath } from './match-paths.ts';
import { isModuleFile, type ModuleFile } from './module-file.ts';
import { resolveWithin } from './paths.ts';

export interface Module {
  /** Directories of the modules that it uses from the same repository. */
  uses: Set<string>;
  rooted: boolean;
}

/** The modules of a repository at a commit, by directory; the root is `.`. */
export type Modules = ReadonlyMap<string, Module>;

/** Puts the files of each directory together. */
export function gatherModules(files: readonly { path: string; file: ModuleFile }[]): Modules {
  const modules = new Map<string, Module>();
  for (const { path, file } of files) {
    if (!isModuleFile(path)) continue;
    const directory = directoryOf(path);
    const module = modules.get(directory) ?? { uses: new Set(), rooted: false };
    modules.set(directory, module);
    module.rooted ||= file.rooted;
    for (const source of file.sources) {
      const used = resolveWithin(directory, source);
      if (used !== null && used !== directory) module.uses.add(used);
    }
  }
  return modules;
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
 * The root modules in directories that the globs take. A module that sets up a backend or a provider is a root; of the
 * others one that another module uses is a child, and one that none uses is a root. Null where too many globs and
 * directories meet.
 */
export function findRoots(modules: Modules, globs: string[]): string[] | null {
  const work = { stepsLeft: 20_000_000 };
  const watch = createCompiler(work)(globs);
  const used = new Set([...modules.values()].flatMap((module) => [...module.uses]));
  const roots = [...modules].filter(
    ([directory, module]) =>
      (module.rooted || !used.has(directory)) && work.stepsLeft > 0 && watch.takes(repositoryPath(directory)),
  );
  return work.stepsLeft > 0 ? roots.map(([directory]) => directory).sort() : null;
}

/** `infra/Network/prod` → `infra-network-prod`. */
export function nameFromPath(path: string): string {
  const name = path
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '-')
    .replace(/^[-_]+|-+$/g, '')
    .slice(0, 63);
  return name === '' ? 'root' : name;
}
