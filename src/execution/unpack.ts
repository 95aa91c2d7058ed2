import { createHash, type Hash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, symlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import { showText } from './phase-log.ts';
import { digestEntries, type SourceEntry } from './source-digest.ts';

const sourceLimits = { entries: 100_000, bytes: 1024 ** 3, nameBytes: 4096 } as const;

/** A source archive that we decline to unpack. The message is a sentence that names the entry. */
export class SourceRefused extends Error {
  override name = 'SourceRefused';
}

export interface UnpackedSource {
  archiveBytes: number;
  /** See `SourceBundle.digest`. */
  digest: string;
  files: number;
}

/**
 * Unpacks a repository's gzipped tar archive into an empty directory, without the one directory that GitHub wraps
 * around it. Throws `SourceRefused` for an archive with a name, a link or a size it should not have; any other error
 * means that the archive did not arrive whole.
 *
 * Written on tar's parser and not on its `extract`, which mends a hostile archive (drops the `..`, skips the entry)
 * where we want to refuse it, and does not end early on one that unpacks to gigabytes.
 */
export async function unpackSource(archive: Readable, directory: string): Promise<UnpackedSource> {
  const tree = new SourceTree(directory);
  const packed = countBytes(() => undefined);
  const unpacked = countBytes((count) => {
    // Room for headers on top of the files: an archive may also be gigabytes of padding.
    if (count > sourceLimits.bytes + sourceLimits.entries * 2048) refuseSize();
  });
  try {
    await pipeline(archive, packed.stream, createGunzip(), unpacked.stream, parseInto(tree));
  } catch (error) {
    if (error instanceof SourceRefused) throw error;
    throw new Error('The source archive could not be read to its end', { cause: error });
  } finally {
    tree.close();
  }
  return { archiveBytes: packed.count(), digest: digestEntries(tree.entries), files: tree.entries.length };
}

function countBytes(check: (count: number) => void): { stream: Transform; count: () => number } {
  let count = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      count += chunk.length;
      try {
        check(count);
        done(null, chunk);
      } catch (error) {
        done(error as Error);
      }
    },
  });
  return { stream, count: () => count };
}

/** tar programs fill up to a record of 10 kB. */
const paddingLimit = 1_000_000;

/** The parser is fed by hand: what an entry's listener throws then comes out of `write`, in the order of the archive. */
function parseInto(tree: SourceTree): Writable {
  const problems: unknown[] = [];
  const parser = new Parser({ strict: true, onReadEntry: (entry) => tree.add(entry) });
  let over = false;
  let padding = 0;
  parser.on('error', (error) => problems.push(error));
  parser.on('eof', () => {
    over = true;
  });
  // Behind the end mark only padding may follow. The parser would keep it all, in quadratic time.
  const pad = (chunk: Buffer) => {
    padding += chunk.length;
    if (padding > paddingLimit)
      throw new SourceRefused('The source archive was not unpacked: it goes on behind its end.');
  };
  const step = (act: () => void, done: (error?: Error | null) => void) => {
    try {
      act();
    } catch (error) {
      problems.unshift(error);
    }
    done(problems.length === 0 ? null : (problems[0] as Error));
  };
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => step(() => (over ? pad(chunk) : parser.write(chunk)), done),
    final: (done) => step(() => parser.end(), done),
  });
}

/**
 * Writes with synchronous calls: a repository is thousands of small files, of which each takes 30 µs this way and ten
 * times that through the thread pool; chunks are small, so other work gets its turn between them.
 */
class SourceTree {
  readonly entries: SourceEntry[] = [];
  private readonly directory: string;
  private readonly directories = new Set(['']);
  private readonly taken = new Set<string>();
  private count = 0;
  private bytes = 0;
  /** The file that is being written. */
  private file: number | null = null;

  constructor(directory: string) {
    this.directory = directory;
  }

  add(entry: ReadEntry): void {
    this.count += 1;
    if (this.count > sourceLimits.entries) {
      throw new SourceRefused(`The source archive has more than ${sourceLimits.entries} entries.`);
    }
    this.bytes += entry.size;
    if (this.bytes > sourceLimits.bytes) refuseSize();
    const path = checkName(entry.path);
    if (entry.type === 'Directory') this.addDirectory(path, entry);
    else if (entry.type === 'SymbolicLink') this.addLink(path, entry);
    else if (entry.type === 'File' || entry.type === 'OldFile' || entry.type === 'ContiguousFile') {
      this.addFile(path, entry);
    } else refuseEntry(entry.path, `is a ${entry.type}; only files, directories and symbolic links are unpacked`);
  }

  private addDirectory(path: string, entry: ReadEntry): void {
    if (path !== '') this.makeDirectories(path, entry.path);
    entry.resume();
  }

  private addLink(path: string, entry: ReadEntry): void {
    const target = entry.linkpath ?? '';
    this.claim(path, entry.path);
    if (!staysInside(path, target)) refuseEntry(entry.path, leavesWords(target));
    symlinkSync(target, join(this.directory, path));
    this.entries.push({ path, kind: 'link', sha256: createHash('sha256').update(target).digest('hex') });
    entry.resume();
  }

  private addFile(path: string, entry: ReadEntry): void {
    this.claim(path, entry.path);
    const program = ((entry.mode ?? 0) & 0o100) !== 0;
    const file = openSync(join(this.directory, path), 'wx', program ? 0o755 : 0o644);
    this.file = file;
    const hash: Hash = createHash('sha256');
    entry.on('data', (chunk: Buffer) => {
      hash.update(chunk);
      for (let done = 0; done < chunk.length; ) done += writeSync(file, chunk, done);
    });
    entry.on('end', () => {
      this.close();
      this.entries.push({ path, kind: program ? 'program' : 'file', sha256: hash.digest('hex') });
    });
  }

  /** Also of an archive that ends, or a disk that is full, in the middle of a file: a removed one that is open keeps its room. */
  close(): void {
    if (this.file !== null) closeSync(this.file);
    this.file = null;
  }

  /** A name may come once, and only below real directories: so nothing is ever written through a link. */
  private claim(path: string, shown: string): void {
    if (path === '') refuseEntry(shown, 'stands where the repository itself should be');
    if (this.taken.has(path) || this.directories.has(path)) refuseEntry(shown, 'comes twice');
    this.makeDirectories(path.slice(0, Math.max(0, path.lastIndexOf('/'))), shown);
    this.taken.add(path);
  }

  private makeDirectories(path: string, shown: string): void {
    if (this.directories.has(path)) return;
    this.makeDirectories(path.slice(0, Math.max(0, path.lastIndexOf('/'))), shown);
    if (this.taken.has(path)) refuseEntry(shown, `lies below "${path}", which is not a directory`);
    mkdirSync(join(this.directory, path), { mode: 0o755 });
    this.directories.add(path);
  }
}

/** The name without the archive's one top directory; '' for that directory itself. */
function checkName(name: string): string {
  if (Buffer.byteLength(name) > sourceLimits.nameBytes) {
    refuseEntry(`${name.slice(0, 80)}…`, `has a name of more than ${sourceLimits.nameBytes} bytes`);
  }
  if (name.startsWith('/')) refuseEntry(name, 'has an absolute name');
  if (name.includes('\0')) refuseEntry(name, 'has a NUL in its name');
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) refuseEntry(name, 'leaves the repository by ".."');
  const long = parts.find((part) => Buffer.byteLength(part) > 255);
  if (long !== undefined) refuseEntry(`${name.slice(0, 80)}…`, 'has a name that no file system takes (over 255 bytes)');
  return parts.slice(1).join('/');
}

/**
 * `..` counts only at the beginning of a target, where it starts from a real directory. After a name it could step up
 * from wherever another link leads, so such a target is refused even if it seems to stay inside.
 */
function staysInside(path: string, target: string): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return false;
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const rest = parts.findIndex((part) => part !== '..');
  const ups = rest === -1 ? parts.length : rest;
  return ups <= path.split('/').length - 1 && !parts.slice(ups).includes('..');
}

/** Often it has nothing to do with any stack, and its owner needs it where it is. */
function leavesWords(target: string): string {
  return `is a link that leaves the repository, to "${target}". Remove it, or name it in .gitattributes with "export-ignore", which keeps it out of GitHub’s archives`;
}

function refuseEntry(name: string, why: string): never {
  throw new SourceRefused(showText(`The source archive was not unpacked: "${name}" ${why}.`));
}

function refuseSize(): never {
  throw new SourceRefused('The source archive was not unpacked: it holds more than 1 GiB.');
}
