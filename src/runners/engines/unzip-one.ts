import { createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';

/** An archive that is not what was expected, in a sentence. */
export class ArchiveRefused extends Error {
  override name = 'ArchiveRefused';
}

interface Entry {
  deflated: boolean;
  packedBytes: number;
  bytes: number;
  crc: number;
  /** Of its own header in the archive. */
  place: number;
}

/** Behind the end mark only a comment may follow, and its length has two bytes. */
const endBytes = 22;
const longestComment = 65_535;
const largestDirectory = 1_000_000;

/**
 * Writes the one file of that name from a zip archive to a new file, and nothing else of it: no other name is ever
 * used, so none can lead out. Throws `ArchiveRefused` if it is missing, larger than `limitBytes`, or not whole.
 */
export async function unzipOne(archive: string, name: string, to: { path: string; limitBytes: number }): Promise<void> {
  const file = await open(archive, 'r');
  try {
    const entry = await findEntry(file, name);
    if (entry.bytes > to.limitBytes) {
      throw new ArchiveRefused(`${name} in the archive has ${entry.bytes} bytes; at most ${to.limitBytes} are taken`);
    }
    const header = await readAt(file, entry.place, 30);
    const start = entry.place + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
    await unpack(archive, { ...entry, place: start }, to.path);
  } finally {
    await file.close();
  }
}

async function findEntry(file: FileHandle, name: string): Promise<Entry> {
  const { size } = await file.stat();
  const tail = await readAt(
    file,
    Math.max(0, size - endBytes - longestComment),
    Math.min(size, endBytes + longestComment),
  );
  const end = tail.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end === -1 || end + endBytes > tail.length) throw new ArchiveRefused('it is no zip archive, or not a whole one');
  const [length, start] = [tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
  if (length > largestDirectory || start + length > size) throw new ArchiveRefused('its directory does not fit it');
  const directory = await readAt(file, start, length);
  for (let place = 0; place + 46 <= directory.length; ) {
    if (directory.readUInt32LE(place) !== 0x02014b50) break;
    const nameBytes = directory.readUInt16LE(place + 28);
    const found = directory.subarray(place + 46, place + 46 + nameBytes).toString();
    if (found === name) return readEntry(directory, place);
    place += 46 + nameBytes + directory.readUInt16LE(place + 30) + directory.readUInt16LE(place + 32);
  }
  throw new ArchiveRefused(`it holds no ${name}`);
}

function readEntry(directory: Buffer, place: number): Entry {
  const [flags, method] = [directory.readUInt16LE(place + 8), directory.readUInt16LE(place + 10)];
  if ((flags & 1) !== 0 || (method !== 0 && method !== 8))
    throw new ArchiveRefused('it is packed in a way that is not known');
  return {
    deflated: method === 8,
    crc: directory.readUInt32LE(place + 16),
    packedBytes: directory.readUInt32LE(place + 20),
    bytes: directory.readUInt32LE(place + 24),
    place: directory.readUInt32LE(place + 42),
  };
}

async function unpack(archive: string, entry: Entry, path: string): Promise<void> {
  let count = 0;
  let sum = 0;
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      count += chunk.length;
      sum = crc32(chunk, sum);
      done(count > entry.bytes ? new ArchiveRefused('it unpacks to more than it says') : null, chunk);
    },
  });
  // Flushed: what is renamed into its place next must be whole also after a power cut.
  const target = createWriteStream(path, { flags: 'wx', mode: 0o755, flush: true });
  try {
    const end = Math.max(entry.place, entry.place + entry.packedBytes - 1);
    const source = createReadStream(archive, { start: entry.place, end });
    if (entry.deflated) await pipeline(source, createInflateRaw(), check, target);
    else await pipeline(source, check, target);
    if (count !== entry.bytes || sum !== entry.crc) throw new ArchiveRefused('it does not unpack to what it says');
  } catch (error) {
    if (error instanceof ArchiveRefused || !isZlibError(error)) throw error;
    throw new ArchiveRefused(`it cannot be unpacked (${error.message})`);
  }
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^Z_/.test(String(error.code));
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead < length) throw new ArchiveRefused('it ends too early');
  return buffer;
}
