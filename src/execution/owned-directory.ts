import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { fateOf, ownIdentity, type ProcessIdentity, startTimeOf } from './process-identity.ts';

/** Of a process elsewhere (another container, a boot ago) nothing is known but this; one that lives is seen each minute. */
const silentForMs = 24 * 60 * 60_000;

/** Makes a directory that says which process it belongs to; it is never there without. */
export function makeOwnedDirectory(directory: string, mode: number): void {
  const made = join(dirname(directory), `new-${randomUUID()}`);
  mkdirSync(made, { recursive: true, mode });
  writeFileSync(ownerFile(made), JSON.stringify(ownIdentity()), { mode: 0o600 });
  renameSync(made, directory);
}

/** Moves a directory to where nobody looks for it, so that its name is free at once. Null if there is none. */
export function moveAside(directory: string): string | null {
  const aside = join(dirname(directory), `left-${randomUUID()}`);
  try {
    renameSync(directory, aside);
    return aside;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Shows others, who cannot see this process, that a directory of its own is still in use. */
export function showOwned(directory: string): void {
  const now = new Date();
  if (isDeepStrictEqual(readOwner(directory), ownIdentity())) utimesSync(ownerFile(directory), now, now);
}

/** Whether the process that it belongs to is gone. */
export function isLeft(directory: string): boolean {
  const owner = readOwner(directory);
  const fate = owner === null ? 'elsewhere' : fateOf(owner);
  if (fate !== 'elsewhere') return fate === 'dead';
  if (owner === null && namesProcess(directory)) return false;
  return Date.now() - seenAt(directory) > silentForMs;
}

function ownerFile(directory: string): string {
  return join(directory, 'owner.json');
}

/** Null for one that a former version made. */
function readOwner(directory: string): ProcessIdentity | null {
  try {
    return JSON.parse(readFileSync(ownerFile(directory), 'utf8')) as ProcessIdentity;
  } catch {
    return null;
  }
}

/** What a former version named by its process, with nothing to tell that from a later one of the number. */
function namesProcess(directory: string): boolean {
  const name = basename(directory);
  return /^\d+$/.test(name) && startTimeOf(Number(name)) !== null;
}

function seenAt(directory: string): number {
  const found =
    statSync(ownerFile(directory), { throwIfNoEntry: false }) ?? statSync(directory, { throwIfNoEntry: false });
  return found?.mtimeMs ?? Date.now();
}
