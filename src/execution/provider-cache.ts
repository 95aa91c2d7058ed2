import { randomUUID } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, readFile, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { type LockedProvider, readLockFile } from '../plan/lock-file.ts';
import { changeOwner } from './hand-over.ts';
import { hashPackage } from './package-hash.ts';
import { readOwnFile, type Workspace } from './workspace.ts';

/**
 * Providers are kept once for all executions of a worker, and no engine ever writes among them: two that unpack the
 * same provider into one directory corrupt it, and one that replaces a program which another runs fails. Each execution
 * has a cache directory of its own (`TF_PLUGIN_CACHE_DIR`) in which the kept ones are links, and what its init has
 * added there is moved among the kept ones afterwards, by a rename.
 */
export interface SeededCache {
  /** Whether the engine must be let use what is linked although no lock file names it; see `seedProviders`. */
  unlocked: boolean;
  /** How many there are. */
  linked: number;
  /** Where providers would be kept that the lock file names and that are not, in any hash: init will fetch them. */
  missing: string[];
}

const largestLockFile = 1_000_000;

/**
 * Links the kept providers that init may use. With a lock file these are the ones it names with their very hash, since
 * an engine fetches any other again, and would do so through the link. Without one an engine uses no cache (Terraform
 * since 1.4), unless it is told that the lock file it writes will then hold for this platform alone; ours does anyway,
 * it goes from the plan to its apply.
 */
export async function seedProviders(kept: string, workspace: Workspace): Promise<SeededCache> {
  for (const name of await readdir(workspace.plugins)) await rm(join(workspace.plugins, name), { recursive: true });
  const locked = await readLocked(workspace);
  const packages = await listPackages(kept);
  const missing = new Map(locked?.map((one) => [nameOf(one), placeOf(kept, one)]));
  let linked = 0;
  for (const each of packages) {
    const provider = locked?.find((one) => nameOf(one) === nameOf(each));
    missing.delete(nameOf(each));
    if (locked !== null && !(await hasHash(join(kept, each.path), provider))) continue;
    linked += 1;
    await mkdir(dirname(join(workspace.plugins, each.path)), { recursive: true });
    await symlink(join(kept, each.path), join(workspace.plugins, each.path));
  }
  return { unlocked: locked === null && linked > 0, linked, missing: [...missing.values()] };
}

/**
 * Keeps what init has fetched, if the lock file that it leaves vouches for it. A repository that brings providers along
 * (`terraform.d`) could pass its own off as somebody else's, so nothing of its init is kept.
 */
export async function keepProviders(kept: string, workspace: Workspace): Promise<void> {
  const brought = await lstat(join(workspace.module, 'terraform.d')).catch(() => null);
  const fetched = (await listPackages(workspace.plugins)).filter(({ linked }) => !linked);
  if (brought !== null || fetched.length === 0) return;
  const locked = (await readLocked(workspace)) ?? [];
  for (const each of fetched) {
    const provider = locked.find((one) => nameOf(one) === nameOf(each));
    const own = join(workspace.plugins, each.path);
    const hash = await hashPackage(own).catch(() => null);
    if (hash === null || !provider?.hashes.includes(hash)) continue;
    await keep(own, join(kept, each.path), hash);
  }
}

/** Whoever comes first keeps it; the package of the others is the same, and goes with their work directory. */
async function keep(own: string, place: string, hash: string): Promise<void> {
  if ((await lstat(place).catch(() => null)) !== null) return;
  await mkdir(dirname(place), { recursive: true, mode: 0o755 });
  const written = `${place}.${randomUUID()}`;
  await writeFile(written, hash);
  await rename(written, hashFileOf(place));
  const moved = await rename(own, place).then(
    () => true,
    () => false,
  );
  if (!moved) return;
  // From here on it is ours: no run may write to what others start.
  if (process.getuid?.() === 0) await changeOwner([place], 0);
  await chmod(place, 0o755);
  await symlink(place, own);
}

/** Which of such places there is still nothing in. */
export async function missingAmong(kept: string, places: readonly string[]): Promise<string[]> {
  const found = new Set((await listPackages(kept)).map((one) => placeOf(kept, one)));
  return places.filter((place) => !found.has(place));
}

interface Package {
  source: string;
  version: string;
  /** Below the cache: source, version, platform. */
  path: string;
  linked: boolean;
}

function nameOf({ source, version }: Pick<LockedProvider, 'source' | 'version'>): string {
  return `${source} ${version}`;
}

function placeOf(kept: string, { source, version }: Pick<LockedProvider, 'source' | 'version'>): string {
  return join(kept, source, version);
}

async function hasHash(place: string, provider: LockedProvider | undefined): Promise<boolean> {
  if (provider === undefined) return false;
  const hash = await readFile(hashFileOf(place), 'utf8').catch(() => '');
  return provider.hashes.includes(hash);
}

function hashFileOf(place: string): string {
  return `${place}.h1`;
}

/**
 * Null where there is none. The engine follows a link, so it counts: where that leads out of the source the lock file
 * holds what we do not know, and nothing is taken for what it names.
 */
async function readLocked({ module, source }: Workspace): Promise<LockedProvider[] | null> {
  const path = join(module, '.terraform.lock.hcl');
  if ((await lstat(path).catch(() => null)) === null) return null;
  const [root, real] = await Promise.all([realpath(source), realpath(path).catch(() => path)]);
  const bytes = real.startsWith(root + sep) ? await readOwnFile(real, largestLockFile) : null;
  return bytes === null ? [] : readLockFile(Buffer.from(bytes).toString());
}

/** host/namespace/type/version/platform, as the engines lay their caches out. */
async function listPackages(cache: string): Promise<Package[]> {
  const packages: Package[] = [];
  for (const host of await namesIn(cache)) {
    for (const namespace of await namesIn(join(cache, host))) {
      for (const type of await namesIn(join(cache, host, namespace))) {
        packages.push(...(await listVersions(cache, [host, namespace, type].join('/'))));
      }
    }
  }
  return packages;
}

async function listVersions(cache: string, source: string): Promise<Package[]> {
  const packages: Package[] = [];
  for (const version of await namesIn(join(cache, source))) {
    for (const found of await readdir(join(cache, source, version), { withFileTypes: true })) {
      if (found.isFile()) continue;
      const path = [source, version, found.name].join('/');
      packages.push({ source, version, path, linked: found.isSymbolicLink() });
    }
  }
  return packages;
}

async function namesIn(directory: string): Promise<string[]> {
  const found = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return found.filter((each) => each.isDirectory()).map(({ name }) => name);
}
