import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

const answerWithinMs = 30_000;
const downloadWithinMs = 15 * 60_000;

/** What could not be fetched, in a sentence that names the address. */
export class FetchFailed extends Error {
  override name = 'FetchFailed';
}

/** A small file. */
export async function fetchBytes(url: string, limitBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  await read(url, { limitBytes, withinMs: answerWithinMs }, (part) => void parts.push(part));
  return Buffer.concat(parts);
}

/** Writes what is there to a new file; returns its sha256 in hex. */
export async function fetchFile(url: string, path: string, limitBytes: number): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'wx', 0o600);
  try {
    await read(url, { limitBytes, withinMs: downloadWithinMs }, async (part) => {
      hash.update(part);
      await file.writeFile(part);
    });
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

async function read(
  url: string,
  { limitBytes, withinMs }: { limitBytes: number; withinMs: number },
  take: (part: Uint8Array) => void | Promise<void>,
): Promise<void> {
  let count = 0;
  const response = await fetch(url, { signal: AbortSignal.timeout(withinMs) }).catch((cause: unknown) => {
    throw new FetchFailed(`${url} could not be reached (${reasonOf(cause)})`, { cause });
  });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new FetchFailed(`${url} answered ${response.status}`);
  }
  try {
    for await (const part of response.body) {
      count += part.length;
      if (count > limitBytes) throw new FetchFailed(`${url} has more than ${limitBytes} bytes`);
      await take(part);
    }
  } catch (cause) {
    if (cause instanceof FetchFailed || isFileError(cause)) throw cause;
    throw new FetchFailed(`${url} did not arrive whole (${reasonOf(cause)})`, { cause });
  }
}

/** `fetch` says only that it failed; what it was stands in its cause. */
function reasonOf(error: unknown): string {
  const deeper = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return deeper instanceof Error ? deeper.message : String(deeper);
}

/** Of our own disk, which is no fault of the address. */
function isFileError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'write';
}
