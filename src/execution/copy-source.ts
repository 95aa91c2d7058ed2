import {
  chmodSync,
  type Dirent,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  type Stats,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inSlices } from './in-slices.ts';
import { removeTree } from './remove-tree.ts';

/** Times at which a copy was right, on the clock of its file system (`fileTime`). */
export interface RightAt {
  /** Nothing had been added or removed. */
  names: number;
  content: number;
}

/**
 * Copies an unpacked source into a directory. Not by `cp` nor `fs.cpSync`, which take longer (300 directories with a
 * file each: 35 ms here, 40 to 200 by those).
 */
export async function copySource(from: string, to: string): Promise<void> {
  await restoreDirectory({ from, to, rightAt: null, listings: new Map(), giveWay: inSlices() }, '', true);
}

/** What each directory of a source holds, by its path in it: of an unpacked one that nobody changes, listed once. */
export type Listings = Map<string, readonly Dirent[]>;

/**
 * Makes a copy right again after a run has had it: what it has added goes, what it has changed or removed is copied
 * anew, and what is another user's becomes ours. Only what the file system says was changed since is looked at; so who
 * takes the copy compares its digest.
 */
export async function restoreSource(
  { directory: from, listings }: { directory: string; listings: Listings },
  to: string,
  rightAt: RightAt,
): Promise<void> {
  settle(to, lstatSync(to), 0o700);
  await restoreDirectory({ from, to, rightAt, listings, giveWay: inSlices() }, '', true);
}

/** Now, as the file system writes it: its clock goes in steps of some milliseconds behind the system's. */
export function fileTime(directory: string): number {
  const path = join(directory, 'now');
  writeFileSync(path, '.');
  return lstatSync(path).ctimeMs;
}

interface Copying {
  from: string;
  to: string;
  rightAt: RightAt | null;
  listings: Listings;
  giveWay: () => Promise<void> | undefined;
}

async function restoreDirectory(copying: Copying, below: string, changed: boolean): Promise<void> {
  const wanted = list(copying, below);
  if (changed) await removeOthers(join(copying.to, below), wanted);
  for (const found of wanted) {
    const path = below === '' ? found.name : `${below}/${found.name}`;
    if (found.isDirectory()) await restoreDirectoryAt(copying, path);
    else await restoreFile(copying, path);
    await copying.giveWay();
  }
}

function list({ from, listings }: Copying, below: string): readonly Dirent[] {
  const known = listings.get(below);
  if (known !== undefined) return known;
  const listed = readdirSync(join(from, below), { withFileTypes: true });
  listings.set(below, listed);
  return listed;
}

async function removeOthers(directory: string, wanted: readonly Dirent[]): Promise<void> {
  const names = new Set(wanted.map(({ name }) => name));
  for (const name of readdirSync(directory)) if (!names.has(name)) await removeTree(join(directory, name));
}

async function restoreDirectoryAt(copying: Copying, path: string): Promise<void> {
  const to = join(copying.to, path);
  const there = look(copying, path);
  if (isRight(copying, there, 'names')) return restoreDirectory(copying, path, false);
  const mode = lstatSync(join(copying.from, path)).mode & 0o7777;
  if (there?.isDirectory()) settle(to, there, mode);
  else {
    if (there) await removeTree(to);
    mkdirSync(to, { mode });
  }
  await restoreDirectory(copying, path, true);
}

/** A directory that a run had may be another user's, or closed. */
function settle(path: string, there: Stats, mode: number): void {
  own(path, there);
  if ((there.mode & 0o7777) !== mode) chmodSync(path, mode);
}

async function restoreFile(copying: Copying, path: string): Promise<void> {
  const to = join(copying.to, path);
  const there = look(copying, path);
  if (there && isRight(copying, there, 'content')) return own(to, there);
  if (there) await removeTree(to);
  await copyEntry(join(copying.from, path), to);
}

const smallFileBytes = 65_536;

async function copyEntry(from: string, to: string): Promise<void> {
  const found = lstatSync(from);
  if (found.isSymbolicLink()) symlinkSync(readlinkSync(from), to);
  else if (!found.isFile()) throw new Error(`${from} is neither a file nor a directory nor a link`);
  else if (found.size <= smallFileBytes)
    writeFileSync(to, readFileSync(from), { flag: 'wx', mode: found.mode & 0o777 });
  else await copyFile(from, to);
}

/** Not changed since it was; each change is later than that on the file system's clock. */
function isRight({ rightAt }: Copying, there: Stats | undefined, what: keyof RightAt): boolean {
  return there !== undefined && rightAt !== null && there.ctimeMs <= rightAt[what];
}

/** Nothing to be looked for in a directory that was empty. */
function look({ to, rightAt }: Copying, path: string): Stats | undefined {
  return rightAt === null ? undefined : lstatSync(join(to, path), { throwIfNoEntry: false });
}

/** Windows has no numbers for users. */
const [ourUser, ourGroup] = [process.getuid?.(), process.getgid?.()];

function own(path: string, { uid }: Stats): void {
  if (ourUser === undefined || ourGroup === undefined || uid === ourUser) return;
  lchownSync(path, ourUser, ourGroup);
}
