import { findModuleFiles, keepModuleFiles } from '../db/module-files.ts';
import type { Repository } from '../db/repositories.ts';
import { refOf } from '../github/github.ts';
import { listTreeFiles, readArchiveFiles, readBlob, type TreeFile } from '../github/trees.ts';
import { isModuleFile, type ModuleFile, readModuleFile } from '../stack/module-file.ts';
import { directoryOf, gatherModules, type Modules } from '../stack/modules.ts';
import { resolveWithin } from '../stack/paths.ts';
import type { TriggerDeps } from './deps.ts';

const mostFiles = 20_000;
const mostBytes = 50_000_000;
const largestFile = 1_000_000;
/** Up to here files are read one by one; more come with the source archive. */
const mostSingle = 20;
/** Of what the archive lacks. */
const mostMissing = 500;
/** Of different contents: they are read anew each time. */
const mostLinks = 100;
/** Links that lead to links. */
const longestChain = 5;
/** No file system has longer ones. */
const longestTarget = 4096;

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
  const files = (await followLinks(tree, read))?.filter(({ size }) => size <= largestFile);
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
  return gathered(
    reading,
    files.filter(({ path }) => seen.has(directoryOf(path))),
  );
}

/** A configuration file as an engine finds it. */
interface Found {
  path: string;
  /** The file that the one at `path` is a link to. */
  target?: string;
  sha: string;
  size: number;
}

/**
 * The configuration files of a tree, those that are links with what they lead to. A link out of the repository, to a
 * directory or to nothing is left out. Null where there are too many.
 */
async function followLinks(tree: TreeFile[], read: (sha: string) => Promise<string>): Promise<Found[] | null> {
  const byPath = new Map(tree.map((file) => [file.path, file]));
  const targets = new Map<string, Promise<string>>();
  const follow = async (link: TreeFile): Promise<TreeFile | undefined> => {
    let at: TreeFile | undefined = link;
    for (let hops = 0; at?.link && at.size <= longestTarget && hops < longestChain; hops += 1) {
      const target = targets.get(at.sha) ?? read(at.sha);
      targets.set(at.sha, target);
      const path = resolveWithin(directoryOf(at.path), await target);
      at = path === null ? undefined : byPath.get(path);
    }
    return at?.link ? undefined : at;
  };
  const named = tree.filter(({ path }) => isModuleFile(path));
  const links = named.filter(({ link }) => link);
  if (new Set(links.map(({ sha }) => sha)).size > mostLinks) return null;
  const followed = await Promise.all(links.map(async (link) => ({ link, to: await follow(link) })));
  const linked = followed.flatMap(({ link, to }) => (to ? [{ ...to, path: link.path, target: to.path }] : []));
  return [...named.filter(({ link }) => !link), ...linked];
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
  return gatherModules(
    files.flatMap(({ path, sha, target }) => {
      const file = says.get(sha);
      return file ? [{ path, file, ...(target === undefined ? {} : { target }) }] : [];
    }),
  );
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
