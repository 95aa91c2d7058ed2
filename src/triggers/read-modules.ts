import { findModuleFiles, keepModuleFiles } from '../db/module-files.ts';
import type { Repository } from '../db/repositories.ts';
import { refOf } from '../github/github.ts';
import { listTreeFiles, readArchiveFiles, readBlob, type TreeFile } from '../github/trees.ts';
import { isModuleFile, type ModuleFile, readModuleFile } from '../stack/module-file.ts';
import { gatherModules, type Modules } from '../stack/modules.ts';
import type { TriggerDeps } from './deps.ts';

const mostFiles = 20_000;
const largestFile = 1_000_000;
const mostBytes = 50_000_000;
/** Up to here files are read one by one; more come with the source archive. */
const mostSingle = 20;

/**
 * The modules of a repository at a commit. One call tells which files there are; only contents that were never seen are
 * read. Null where the repository is too large to be looked through.
 */
export async function readModules(deps: TriggerDeps, repository: Repository, commit: string): Promise<Modules | null> {
  const tree = await listTreeFiles(deps.github, refOf(repository), commit);
  const files = tree?.filter(({ path, size }) => isModuleFile(path) && size <= largestFile);
  const bytes = (files ?? []).reduce((sum, { size }) => sum + size, 0);
  if (!files || files.length > mostFiles || bytes > mostBytes) return null;
  const known = await findModuleFiles(
    deps.db,
    repository.id,
    files.map(({ sha }) => sha),
  );
  const missing = new Map(files.filter(({ sha }) => !known.has(sha)).map((file) => [file.sha, file]));
  const read = await readMissing(deps, repository, { commit, files, missing });
  if (read === null) return null;
  await keepModuleFiles(deps.db, repository.id, read);
  return gatherModules(
    files.flatMap(({ path, sha }) => {
      const file = known.get(sha) ?? read.get(sha);
      return file ? [{ path, file }] : [];
    }),
  );
}

interface Wanted {
  commit: string;
  files: TreeFile[];
  /** By the ids of their contents. */
  missing: ReadonlyMap<string, TreeFile>;
}

async function readMissing(
  deps: TriggerDeps,
  repository: Repository,
  { commit, files, missing }: Wanted,
): Promise<Map<string, ModuleFile> | null> {
  if (missing.size <= mostSingle) {
    const texts = await Promise.all([...missing.keys()].map((sha) => readBlob(deps.github, refOf(repository), sha)));
    return new Map(
      [...missing.values()].map(({ sha, path }, index) => [sha, readModuleFile(path, texts[index] ?? '')]),
    );
  }
  const shas = new Map(files.filter(({ sha }) => missing.has(sha)).map(({ path, sha }) => [path, sha]));
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
