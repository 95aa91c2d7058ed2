import { join } from 'node:path';
import { isEngineAlive } from './engine-process.ts';
import { readEngineRecord } from './engine-record.ts';
import { largestState, layOutWorkspace, readOwnFile, removeWorkspace } from './workspace.ts';

/**
 * What is in the work directory of an apply whose worker is gone: an engine at work, or what it left. `absent` if no
 * engine was ever told to apply there, or it has been removed.
 */
export async function findLeftApply(
  directory: string,
  rootModule: string,
): Promise<{ engine: 'running' | 'absent' } | { engine: 'ended'; unsavedState: Uint8Array | null }> {
  const workspace = layOutWorkspace(directory, rootModule);
  const record = readEngineRecord(workspace.engine);
  if (record === null || record.name !== 'apply') return { engine: 'absent' };
  if (isEngineAlive(record)) return { engine: 'running' };
  return {
    engine: 'ended',
    unsavedState: await readOwnFile(join(workspace.module, 'errored.tfstate'), largestState),
  };
}

/** Once the outcome of the apply is recorded. */
export async function removeApply(directory: string): Promise<void> {
  await removeWorkspace(layOutWorkspace(directory, '.'));
}
