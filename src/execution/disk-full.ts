import { statfs } from 'node:fs/promises';
import type { RunFailure } from '../run/failure.ts';
import type { LoggedPhase } from '../run/status.ts';

/** A failed phase for an error that says that the disk has no room; null for any other. */
export async function diskFailure(
  error: unknown,
  { phase, directory }: { phase: LoggedPhase; directory: string },
): Promise<RunFailure | null> {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  const said = code === 'ENOSPC' || code === 'EDQUOT' || (error instanceof Error && noRoom.test(error.message));
  // `cpSync` says EIO of a full disk.
  const full = said || (code === 'EIO' && (await isFull(directory)));
  return full ? { phase, reason: 'internal', headline, detail: advice, diagnostics: [] } : null;
}

const noRoom = /No space left on device|Disk quota exceeded/;
const headline = 'The disk of the worker’s work directory is full';
const advice =
  'The engine could not go on for want of room. Make room on the worker, or set ZENFRA_WORK_DIR to a directory on a larger disk; then re-run.';

/** Adds to the failure of an engine that there is no room left, if so: what it would say of it may not fit on the disk. */
export async function withDiskAdvice(failure: RunFailure, directory: string): Promise<RunFailure> {
  if (!(await isFull(directory)) && !noRoom.test(failure.detail)) return failure;
  return { ...failure, headline, detail: `${advice}\n\n${failure.detail}`.slice(0, 10_000) };
}

/** Less than an engine needs for its plan file. */
const leastBytes = 256 * 1024;

async function isFull(directory: string): Promise<boolean> {
  const disk = await statfs(directory).catch(() => null);
  return disk !== null && disk.bavail * disk.bsize < leastBytes;
}
