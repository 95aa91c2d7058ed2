import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { isEngineAlive, killRemains } from './engine-process.ts';
import { readEngineRecord } from './engine-record.ts';
import { quarantineState } from './quarantine.ts';
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
  killRemains(record);
  const errored = await readOwnFile(join(workspace.module, 'errored.tfstate'), largestState);
  return { engine: 'ended', unsavedState: errored ?? (await findPrinted(record.outputFile)) };
}

/** An engine that could not write that file either has printed its state, which nobody has taken out of there yet. */
async function findPrinted(outputFile: string): Promise<Uint8Array | null> {
  if (!existsSync(outputFile)) return null;
  const quarantine = quarantineState();
  for await (const bytes of createReadStream(outputFile)) quarantine.add(bytes);
  quarantine.end();
  return quarantine.state();
}

/** Once the outcome of the apply is recorded. */
export async function removeApply(directory: string): Promise<void> {
  await removeWorkspace(layOutWorkspace(directory, '.'));
}
