import { createHash } from 'node:crypto';
import {
  chmodSync,
  constants,
  copyFileSync,
  createReadStream,
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
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceEntry } from './source-digest.ts';

/**
 * Makes the directory `to` equal to the unpacked source `from`, whatever was in it, and returns what it holds now: names,
 * modes and content as they were written or found there. What is right already is left as it is: to look at a file costs
 * a third of writing it, and a run changes few.
 *
 * With synchronous calls, since thousands of small files take a tenth of what they do through the thread pool; other
 * work gets its turn between them. Not by `cp` nor `fs.cpSync`: those take as long, and what they have written would
 * have to be read again.
 */
export async function mirrorSource(from: string, to: string): Promise<SourceEntry[]> {
  const mirror: Mirror = { from, to, entries: [], giveWay: inSlices() };
  settle(to, 0o700);
  await mirrorDirectory(mirror, '');
  return mirror.entries;
}

interface Mirror {
  from: string;
  to: string;
  entries: SourceEntry[];
  giveWay: () => Promise<void> | undefined;
}

async function mirrorDirectory(mirror: Mirror, below: string): Promise<void> {
  const wanted = readdirSync(join(mirror.from, below), { withFileTypes: true });
  const names = new Set(wanted.map(({ name }) => name));
  for (const name of readdirSync(join(mirror.to, below))) {
    if (!names.has(name)) await remove(join(mirror.to, below, name));
  }
  for (const found of wanted) {
    const path = below === '' ? found.name : `${below}/${found.name}`;
    if (found.isDirectory()) {
      await makeDirectory(mirror, path);
      await mirrorDirectory(mirror, path);
    } else if (found.isSymbolicLink()) mirror.entries.push(await mirrorLink(mirror, path));
    else if (found.isFile()) mirror.entries.push(await mirrorFile(mirror, path));
    else throw new Error(`${join(mirror.from, path)} is neither a file nor a directory nor a link`);
    await mirror.giveWay();
  }
}

async function makeDirectory({ from, to }: Mirror, path: string): Promise<void> {
  const mode = lstatSync(join(from, path)).mode & 0o7777;
  const directory = join(to, path);
  const there = look(directory);
  if (there?.isDirectory()) return settle(directory, mode);
  if (there) await remove(directory);
  mkdirSync(directory, { mode });
}

/** A directory that a run had may be another user's, or closed. */
function settle(path: string, mode: number): void {
  const there = lstatSync(path);
  if (!isOurs(there)) lchownSync(path, ourUser, ourGroup);
  if ((there.mode & 0o7777) !== mode) chmodSync(path, mode);
}

async function mirrorLink({ from, to }: Mirror, path: string): Promise<SourceEntry> {
  const target = readlinkSync(join(from, path));
  const there = look(join(to, path));
  if (!there?.isSymbolicLink() || readlinkSync(join(to, path)) !== target || !isOurs(there)) {
    if (there) await remove(join(to, path));
    symlinkSync(target, join(to, path));
  }
  return { path, kind: 'link', sha256: sha256(target) };
}

/** Larger ones are read in pieces. */
const smallFileBytes = 65_536;

async function mirrorFile({ from, to }: Mirror, path: string): Promise<SourceEntry> {
  const [source, copy] = [join(from, path), join(to, path)];
  const wanted = lstatSync(source);
  const there = look(copy);
  const alike = there !== undefined && isAlike(there, wanted);
  const kind = (wanted.mode & 0o100) === 0 ? 'file' : 'program';
  if (wanted.size > smallFileBytes) {
    const found = alike ? await hashLarge(copy) : null;
    if (found !== null && found === (await hashLarge(source))) return { path, kind, sha256: found };
    if (there) await remove(copy);
    copyFileSync(source, copy, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    return { path, kind, sha256: await hashLarge(copy) };
  }
  const bytes = readFileSync(source);
  if (!alike || !readFileSync(copy).equals(bytes)) {
    if (there) await remove(copy);
    writeFileSync(copy, bytes, { flag: 'wx', mode: wanted.mode & 0o777 });
  }
  return { path, kind, sha256: sha256(bytes) };
}

/** A second name for a file would be a way to write to it later. */
function isAlike(there: Stats, wanted: Stats): boolean {
  return (
    there.isFile() && there.nlink === 1 && there.mode === wanted.mode && there.size === wanted.size && isOurs(there)
  );
}

const ourUser = process.getuid?.() ?? 0;
const ourGroup = process.getgid?.() ?? 0;

/** Windows has no numbers for users. */
function isOurs({ uid }: Stats): boolean {
  return process.getuid === undefined || uid === ourUser;
}

function look(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

function remove(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true });
}

function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function hashLarge(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

const sliceMs = 5;

/** To be called between steps; from time to time it gives a promise, for whoever else wants the event loop. */
function inSlices(): () => Promise<void> | undefined {
  let until = performance.now() + sliceMs;
  return () => {
    if (performance.now() < until) return undefined;
    return new Promise((resolve) =>
      setImmediate(() => {
        until = performance.now() + sliceMs;
        resolve();
      }),
    );
  };
}
