import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { endCommands } from './end-commands.ts';
import { readEngineRecord } from './engine-record.ts';
import { isLeft, moveAside, showOwned } from './owned-directory.ts';
import { removeTree } from './remove-tree.ts';
import { unlinkTemporary } from './short-temporary.ts';
import { layOutWorkspace } from './workspace.ts';

/** Whether all is kept that the apply in the directory of that name has left. */
export type IsRecorded = (name: string) => Promise<boolean>;

/**
 * Removes the directories in there whose processes are gone, and ends what is still at work in them: a worker that is
 * killed while it plans leaves its engine, and nobody has another reason to look there again. What has begun to apply
 * is not touched, since who takes the apply over removes it, unless its end `isRecorded`: then nobody takes it over.
 */
export async function clearLeft(parent: string, isRecorded: IsRecorded = async () => false): Promise<void> {
  const failures: unknown[] = [];
  for (const name of await readdir(parent).catch(() => [])) {
    const directory = join(parent, name);
    try {
      showOwned(directory);
      if (hasApplied(directory)) await clearApply(directory, isRecorded);
      else await clear(directory);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, `Not all that was left in ${parent} could be removed`);
}

/**
 * Another worker may take the directory at any moment, for the next execution of its plan. So whose it is is read again
 * before each act, without a pause between: what is killed or moved away is not the other's.
 */
async function clear(directory: string): Promise<void> {
  const workspace = layOutWorkspace(directory, '.');
  await endCommands(workspace, () => mayBeCleared(directory));
  if (!mayBeCleared(directory)) return;
  unlinkTemporary(workspace);
  const aside = moveAside(directory);
  if (aside !== null) await removeTree(aside);
}

function mayBeCleared(directory: string): boolean {
  return isLeft(directory) && !hasApplied(directory);
}

function hasApplied(directory: string): boolean {
  return readEngineRecord(join(directory, 'engine'))?.name === 'apply';
}

/** Where it lies: under another name nobody could ask of it again. A plan is used once, so no other execution comes here. */
async function clearApply(directory: string, isRecorded: IsRecorded): Promise<void> {
  if (!isLeft(directory) || !(await isRecorded(basename(directory)))) return;
  await removeTree(directory);
  unlinkTemporary(layOutWorkspace(directory, '.'));
}
