import { findModuleFiles, keepModuleFiles } from '../db/module-files.ts';
import type { Repository } from '../db/repositories.ts';
import { refOf } from '../github/github.ts';
import { listTreeFiles, readArchiveFiles, readBlob, type TreeFile } from '../github/trees.ts';
import { isModuleFile, type ModuleFile, readModuleFile } from '../stack/module-file.ts';
import { directoryOf, gatherModules, type Modules } from '../stack/modules.ts';
import type { TriggerDeps } from './deps.ts';

const mostFiles = 20_000;
const mostBytes = 50_000_000;
const largestFile = 1_000_000;
/** Up to here files are read one by one; more come with the source archive. */
const mostSingle = 20;

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
  const files = tree?.filter(({ path, size }) => isModuleFile(path) && size <= largestFile);
  const bytes = (files ?? []).reduce((sum, { size }) => sum + size, 0);
  if (!files || files.length > mostFiles || bytes > mostBytes) return null;
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

interface Reading {
  deps: TriggerDeps;
  repository: Repository;
  commit: string;
  files: TreeFile[];
  /** By the ids of contents. */
  says: Map<string, ModuleFile>;
  /** Files that were read one by one. */
  reads: number;
}

function gathered({ says }: Reading, files: TreeFile[]): Modules {
  return gatherModules(
    files.flatMap(({ path, sha }) => {
      const file = says.get(sha);
      return file ? [{ path, file }] : [];
    }),
  );
}

/** Learns what these files say. False where the archive is too large. */
async function readFiles(reading: Reading, files: TreeFile[]): Promise<boolean> {
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

async function readSingly(reading: Reading, files: TreeFile[]): Promise<Map<string, ModuleFile>> {
  const { deps, repository } = reading;
  reading.reads += files.length;
  const read = files.map(async ({ sha, path }): Promise<[string, ModuleFile]> => {
    return [sha, readModuleFile(path, await readBlob(deps.github, refOf(repository), sha))];
  });
  return new Map(await Promise.all(read));
}

/** All that are not known yet, since they come with it. */
async function readArchive({ deps, repository, commit, files, says }: Reading) {
  const shas = new Map(files.filter(({ sha }) => !says.has(sha)).map(({ path, sha }) => [path, sha]));
  const read = new Map<string, ModuleFile>();
  const whole = await readArchiveFiles(
    deps.github,
    { repository: refOf(repository), commit },
    {
      wants: (path) => shas.has(path),
      file: (path, text) => read.set(shas.get(path) ?? '', readModuleFile(path, text)),
    },
  );
  return whole ? read : null;
}
