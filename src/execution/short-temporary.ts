import { createHash } from 'node:crypto';
import { readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * An engine talks to its providers over sockets that these make in their `TMPDIR`, as `plugin` and up to ten digits
 * (go-plugin), and a socket's path has at most 103 bytes on macOS, 107 on Linux: in a longer directory no provider
 * starts, and the engine says nothing of why.
 */
const longest = 103 - '/plugin4294967295'.length;

/** What `TMPDIR` names: the directory itself, or where its path is too long a link to it in the worker's own one. */
export function shortPathOf(temporary: string): string {
  if (Buffer.byteLength(temporary) <= longest) return temporary;
  const name = createHash('sha256').update(temporary).digest('hex').slice(0, 16);
  return join(tmpdir(), `zenfra-${name}`);
}

interface Linked {
  temporary: string;
  tmpdir: string;
}

/** Throws if something else is there, or none can be made. */
export function linkTemporary({ temporary, tmpdir }: Linked): void {
  if (tmpdir === temporary || readLink(tmpdir) === temporary) return;
  try {
    symlinkSync(temporary, tmpdir);
  } catch (cause) {
    throw new Error(
      `Providers need a short path to ${temporary}, and ${tmpdir} cannot be made: set ZENFRA_WORK_DIR to a shorter path, or TMPDIR to a directory that Zenfra may write to`,
      { cause },
    );
  }
}

export function unlinkTemporary({ temporary, tmpdir }: Linked): void {
  if (tmpdir !== temporary && readLink(tmpdir) === temporary) unlinkSync(tmpdir);
}

function readLink(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
