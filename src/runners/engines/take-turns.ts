import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fateOf, ownIdentity, type ProcessIdentity } from '../../execution/process-identity.ts';

const lookEveryMs = 200;
/** Of a holder on another machine nothing is known but this: no download takes as long. */
const staleAfterMs = 30 * 60_000;

/**
 * Does the work while nobody else does any under the same lock file, in this process or another of this machine. A
 * holder that was killed does not keep the others out.
 */
export async function takeTurns<T>(lockFile: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(lockFile), { recursive: true });
  while (!(await take(lockFile))) await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  try {
    return await work();
  } finally {
    await rm(lockFile, { force: true });
  }
}

async function take(lockFile: string): Promise<boolean> {
  try {
    const file = await open(lockFile, 'wx', 0o600);
    await file.writeFile(JSON.stringify(ownIdentity()));
    await file.close();
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    if (await isLeft(lockFile)) await clear(lockFile);
    return false;
  }
}

/** By a name of its own, so that of several who clear it one does. */
async function clear(lockFile: string): Promise<void> {
  const aside = `${lockFile}.${randomUUID()}`;
  const moved = await rename(lockFile, aside).then(
    () => true,
    () => false,
  );
  if (moved) await rm(aside, { force: true });
}

async function isLeft(lockFile: string): Promise<boolean> {
  const [text, found] = await Promise.all([
    readFile(lockFile, 'utf8').catch(() => ''),
    stat(lockFile).catch(() => null),
  ]);
  if (found === null) return false;
  const age = Date.now() - found.mtimeMs;
  try {
    const fate = fateOf(JSON.parse(text) as ProcessIdentity);
    return fate === 'dead' || (fate === 'elsewhere' && age > staleAfterMs);
  } catch {
    // It was killed between making the file and writing it, or is about to write.
    return age > 10_000;
  }
}
