import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

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
  const entries: SourceEntry[] = [];
  await readDirectory(root, '', entries);
  return entries;
}

async function readDirectory(root: string, below: string, entries: SourceEntry[]): Promise<void> {
  for (const found of await readdir(join(root, below), { withFileTypes: true })) {
    const path = below === '' ? found.name : `${below}/${found.name}`;
    if (found.isDirectory()) await readDirectory(root, path, entries);
    else if (found.isSymbolicLink()) entries.push(await readLink(root, path));
    else if (found.isFile()) entries.push(await readEntry(root, path));
    else throw new Error(`${join(root, path)} is neither a file nor a directory nor a link`);
  }
}

async function readLink(root: string, path: string): Promise<SourceEntry> {
  const target = await readlink(join(root, path));
  return { path, kind: 'link', sha256: createHash('sha256').update(target).digest('hex') };
}

async function readEntry(root: string, path: string): Promise<SourceEntry> {
  const { mode, size } = await lstat(join(root, path));
  const kind = (mode & 0o100) === 0 ? 'file' : 'program';
  return { path, kind, sha256: await hashFile(join(root, path), size) };
}

/** Small files are read at one go: three trips to the thread pool for each would be most of the time. */
async function hashFile(path: string, size: number): Promise<string> {
  const hash = createHash('sha256');
  if (size <= 65_536) return hash.update(readFileSync(path)).digest('hex');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}
