import { statfs } from 'node:fs/promises';
import { type RunFailure, withAdvice } from '../run/failure.ts';
import type { LoggedPhase } from '../run/status.ts';

/** A failed phase for an error that says that the disk has no room; null for any other. */
export async function diskFailure(
  error: unknown,
  { phase, directory }: { phase: LoggedPhase; directory: string },
): Promise<RunFailure | null> {
  const full = saysFull(error) || (causesOf(error).some(saysEio) && (await isFull(directory)));
  return full ? { phase, reason: 'internal', headline, detail: advice, diagnostics: [] } : null;
}

/** An error and what it was thrown for. */
function causesOf(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : [];
}

/** Whether it, or what it was thrown for, says that a disk has no room. */
export function saysFull(error: unknown): boolean {
  return causesOf(error).some(saysNoRoom);
}

function saysNoRoom(error: Error): boolean {
  const code = 'code' in error ? error.code : null;
  return code === 'ENOSPC' || code === 'EDQUOT' || noRoom.test(error.message);
}

/** So `cpSync` does of a full disk, and others of other things. */
function saysEio(error: Error): boolean {
  return 'code' in error && error.code === 'EIO';
}

const noRoom = /No space left on device|Disk quota exceeded/;
const headline = 'The disk of the worker’s work directory is full';
const advice =
  'The engine could not go on for want of room. Make room on the worker, or set ZENFRA_WORK_DIR to a directory on a larger disk; then re-run.';

/** Adds to the failure of an engine that there is no room left, if so: what it would say of it may not fit on the disk. */
export async function withDiskAdvice(failure: RunFailure, directory: string): Promise<RunFailure> {
  if (!(await isFull(directory)) && !noRoom.test(failure.detail)) return failure;
  return { ...withAdvice(failure, advice), headline };
}

/** Less than an engine needs for its plan file. */
const leastBytes = 256 * 1024;

async function isFull(directory: string): Promise<boolean> {
  const disk = await statfs(directory).catch(() => null);
  return disk !== null && disk.bavail * disk.bsize < leastBytes;
}
