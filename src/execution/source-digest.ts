import { createHash } from 'node:crypto';
import { closeSync, createReadStream, fstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { inSlices } from './in-slices.ts';

/** One file or link of a source. Directories have no line of their own: git knows none that are empty. */
export interface SourceEntry {
  /** Relative, with forward slashes. */
  path: string;
  kind: 'file' | 'program' | 'link';
  /** sha256 in hex of the bytes, or of the link's target. */
  sha256: string;
}

/**
 * One digest over names, modes and content. Each line begins with fields of fixed width and ends with NUL, which no
 * name can hold, so two different sources cannot give the same text.
 */
export function digestEntries(entries: readonly SourceEntry[]): string {
  const lines = entries.map((entry) => Buffer.from(`${entry.kind} ${entry.sha256} ${entry.path}\0`));
  lines.sort(Buffer.compare);
  const hash = createHash('sha256');
  for (const line of lines) hash.update(line);
  return hash.digest('hex');
}

/** Reads an unpacked source back from disk. What is neither file, directory nor link has no place in one. */
export async function readSourceEntries(root: string): Promise<SourceEntry[]> {
  const reading: Reading = { root, entries: [], giveWay: inSlices() };
  await readDirectory(reading, '');
  return reading.entries;
}

interface Reading {
  root: string;
  entries: SourceEntry[];
  giveWay: () => Promise<void> | undefined;
}

async function readDirectory(reading: Reading, below: string): Promise<void> {
  const { root, entries } = reading;
  for (const found of readdirSync(join(root, below), { withFileTypes: true })) {
    const path = below === '' ? found.name : `${below}/${found.name}`;
    if (found.isDirectory()) await readDirectory(reading, path);
    else if (found.isSymbolicLink()) entries.push({ path, kind: 'link', sha256: hash(readlinkSync(join(root, path))) });
    else if (found.isFile()) entries.push(await readEntry(root, path));
    else throw new Error(`${join(root, path)} is neither a file nor a directory nor a link`);
    await reading.giveWay();
  }
}

async function readEntry(root: string, path: string): Promise<SourceEntry> {
  const { mode, sha256 } = readSmall(join(root, path));
  const kind = (mode & 0o100) === 0 ? 'file' : 'program';
  return { path, kind, sha256: sha256 ?? (await hashLarge(join(root, path))) };
}

const small = Buffer.alloc(65_536);

/** By hand, with four calls to the system: most of a repository's files are a few kilobytes. */
function readSmall(path: string): { mode: number; sha256: string | null } {
  const file = openSync(path, 'r');
  try {
    const { mode, size } = fstatSync(file);
    if (size > small.length) return { mode, sha256: null };
    return { mode, sha256: hash(small.subarray(0, readSync(file, small, 0, size, 0))) };
  } finally {
    closeSync(file);
  }
}

async function hashLarge(path: string): Promise<string> {
  const pieces = createHash('sha256');
  for await (const chunk of createReadStream(path)) pieces.update(chunk);
  return pieces.digest('hex');
}

function hash(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
