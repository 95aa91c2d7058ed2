import { findModuleFiles, keepModuleFiles } from '../db/module-files.ts';
import type { Repository } from '../db/repositories.ts';
import { refOf } from '../github/github.ts';
import { listTreeFiles, readArchiveFiles, readBlob, type TreeFile } from '../github/trees.ts';
import { isModuleFile, type ModuleFile, readModuleFile } from '../stack/module-file.ts';
import { addLinks, directoryOf, gatherModules, type Modules, moduleAround } from '../stack/modules.ts';
import type { TriggerDeps } from './deps.ts';
import { createFollower, type Follow } from './follow-links.ts';

const mostFiles = 20_000;
const mostBytes = 50_000_000;
const largestFile = 1_000_000;
/** Up to here files are read one by one; more come with the source archive. */
const mostSingle = 20;
/** Of what the archive lacks. */
const mostMissing = 500;
/** Of different contents, of configuration and of other files: they are read anew each time. */
const mostLinks = 100;

/**
 * The modules of a repository at a commit: all, or those in these directories and what they use. One call tells which
 * files there are; only contents that were never seen are read. Null where the repository is too large to be looked
 * through.
 */
export async function readModules(
  deps: TriggerDeps,
  repository: Repository,
  { commit, from }: { commit: string; from: 'everywhere' | string[] },
): Promise<Modules | null> {
  const tree = await listTreeFiles(deps.github, refOf(repository), commit);
  if (!tree || tree.filter(({ path }) => isModuleFile(path)).length > mostFiles) return null;
  const read = (sha: string) => readBlob(deps.github, refOf(repository), sha);
  const follow = createFollower(tree, read);
  const files = (await findConfiguration(tree, follow))?.filter(({ size }) => size <= largestFile);
  const bytes = (files ?? []).reduce((sum, { size }) => sum + size, 0);
  if (!files || bytes > mostBytes) return null;
  const reading: Reading = { deps, repository, commit, files, says: new Map(), reads: 0 };
  let ahead = new Set(from === 'everywhere' ? files.map(({ path }) => directoryOf(path)) : from);
  const seen = new Set(ahead);
  while (ahead.size > 0) {
    const here = files.filter(({ path }) => ahead.has(directoryOf(path)));
    if (!(await readFiles(reading, here))) return null;
    const modules = gathered(reading, here);
    ahead = new Set([...modules.values()].flatMap(({ uses }) => [...uses]).filter((used) => !seen.has(used)));
    for (const directory of ahead) seen.add(directory);
  }
  const all = files.filter(({ path }) => seen.has(directoryOf(path)));
  const modules = gathered(reading, all);
  addLinks(modules, await follow(otherLinks(tree, modules)));
  return modules;
}

/** A configuration file as an engine finds it. */
interface Found {
  path: string;
  /** The file that the one at `path` is a link to. */
  target?: string;
  sha: string;
  size: number;
}

/** The configuration files of a tree, those that are links with what they lead to. Null where there are too many. */
async function findConfiguration(tree: TreeFile[], follow: Follow): Promise<Found[] | null> {
  const named = tree.filter(({ path }) => isModuleFile(path));
  const links = named.filter(({ link }) => link);
  if (new Set(links.map(({ sha }) => sha)).size > mostLinks) return null;
  const followed = await follow(links);
  const linked = followed.flatMap(({ path, target, file }) => (file ? [{ ...file, path, target }] : []));
  return [...named.filter(({ link }) => !link), ...linked];
}

/** What else lies in and below the directories of modules as a link, such as var files: the nearest, so many as are read. */
function otherLinks(tree: TreeFile[], modules: Modules): TreeFile[] {
  const links = tree.filter(({ path, link }) => link && !isModuleFile(path));
  const near = links.flatMap((link) => {
    const module = moduleAround(modules, link.path);
    const inside = module === null || module === '.' ? link.path : link.path.slice(module.length + 1);
    return module === null ? [] : [{ link, depth: inside.split('/').length }];
  });
  near.sort((a, b) => a.depth - b.depth);
  const read = new Set([...new Set(near.map(({ link }) => link.sha))].slice(0, mostLinks));
  return near.flatMap(({ link }) => (read.has(link.sha) ? [link] : []));
}

interface Reading {
  deps: TriggerDeps;
  repository: Repository;
  commit: string;
  files: Found[];
  /** By the ids of contents. */
  says: Map<string, ModuleFile>;
  /** Files that were read one by one. */
  reads: number;
}

function gathered({ says }: Reading, files: Found[]): Modules {
  const said = files.flatMap(({ path, sha, target }) => {
    const file = says.get(sha);
    return file ? [{ path, file, ...(target === undefined ? {} : { target }) }] : [];
  });
  return gatherModules(said);
}

/** Learns what these files say. False where the archive is too large. */
async function readFiles(reading: Reading, files: Found[]): Promise<boolean> {
  const { deps, repository, says } = reading;
  const asked = files.map(({ sha }) => sha).filter((sha) => !says.has(sha));
  for (const [sha, file] of await findModuleFiles(deps.db, repository.id, asked)) says.set(sha, file);
  const missing = new Map(files.filter(({ sha }) => !says.has(sha)).map((file) => [file.sha, file]));
  if (missing.size === 0) return true;
  const single = reading.reads + missing.size <= mostSingle;
  const read = single ? await readSingly(reading, [...missing.values()]) : await readArchive(reading);
  if (read === null) return false;
  await keepModuleFiles(deps.db, repository.id, read);
  for (const [sha, file] of read) says.set(sha, file);
  return true;
}

async function readSingly(reading: Reading, files: Found[]): Promise<Map<string, ModuleFile>> {
  const { deps, repository } = reading;
  reading.reads += files.length;
  const read = files.map(async ({ sha, path }): Promise<[string, ModuleFile]> => {
    return [sha, readModuleFile(path, await readBlob(deps.github, refOf(repository), sha))];
  });
  return new Map(await Promise.all(read));
}

/**
 * All that are not known yet, since they come with it. What the tree has and the archive has not is read one by one: a
 * file that was missed would make its stack look removed.
 */
async function readArchive(reading: Reading): Promise<Map<string, ModuleFile> | null> {
  const { deps, repository, commit, says } = reading;
  const files = reading.files.filter(({ sha }) => !says.has(sha));
  const shas = new Map(files.map(({ path, target, sha }) => [target ?? path, sha]));
  const read = new Map<string, ModuleFile>();
  const whole = await readArchiveFiles(
    deps.github,
    { repository: refOf(repository), commit },
    {
      wants: (path) => shas.has(path),
      file: (path, text) => read.set(shas.get(path) ?? '', readModuleFile(path, text)),
    },
  );
  if (!whole) return null;
  const lacking = [...new Map(files.map((file) => [file.sha, file])).values()].filter(({ sha }) => !read.has(sha));
  if (lacking.length > mostMissing) {
    const example = lacking[0]?.path;
    throw new Error(`The source archive of ${commit} lacks ${lacking.length} files of its tree, such as ${example}`);
  }
  return new Map([...read, ...(await readSingly(reading, lacking))]);
}
