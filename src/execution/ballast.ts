import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Workspace } from './workspace.ts';

/**
 * Room on the disk that is kept for the end of an apply. An engine that cannot save its state writes it beside itself,
 * and prints it if that fails too; on a full disk both are lost, and with them the only record of what exists.
 */
const ballastBytes = 8 * 1024 * 1024;

/** Left on the disk when the ballast is thrown off. */
const leastBytes = 1024 * 1024;
const lookEveryMs = 250;

/** Throws the disk's own error if there is no room for it. */
export async function takeBallast(workspace: Workspace): Promise<void> {
  await writeFile(placeOf(workspace), Buffer.alloc(ballastBytes), { mode: 0o600 });
}

/** Throws it off once the disk is full. Returns how to stop watching. */
export function releaseBallastWhenFull(workspace: Workspace): () => void {
  const timer = setInterval(async () => {
    const disk = await statfs(workspace.directory).catch(() => null);
    if (disk === null || disk.bavail * disk.bsize > leastBytes) return;
    clearInterval(timer);
    await rm(placeOf(workspace), { force: true });
  }, lookEveryMs);
  return () => clearInterval(timer);
}

function placeOf(workspace: Workspace): string {
  return join(workspace.engine, 'ballast');
}
