import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Removes a file, or a directory with all that is in it. A run may have closed directories to their owner, as Go does
 * with those of its modules: a worker that is not root has to open them first.
 */
export async function removeTree(path: string): Promise<void> {
  const remove = () => rm(path, { recursive: true, force: true, maxRetries: 2 });
  await remove().catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EACCES' && error.code !== 'EPERM') throw error;
    await openDirectories(path);
    await remove();
  });
}

/** Links are left alone: the run chose where they lead. */
async function openDirectories(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (!found?.isDirectory()) return;
  if ((found.mode & 0o700) !== 0o700) await chmod(path, 0o700);
  for (const name of await readdir(path)) await openDirectories(join(path, name));
}
