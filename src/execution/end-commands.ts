import { isEngineAlive, signalGroup } from './engine-process.ts';
import { type EngineRecord, readEngineRecord } from './engine-record.ts';
import { groupLives, ownPlace } from './process-identity.ts';
import { endUser, userOf } from './run-user.ts';
import type { Workspace } from './workspace.ts';

type Places = Pick<Workspace, 'directory' | 'engine' | 'hooks'>;

/**
 * Ends what is still at work in a work directory, the engine and the stack's own commands alike, and resolves when it
 * is gone: a worker that was killed leaves them behind, and one that lost its run only tells them to end. One that
 * applies is never touched.
 */
export async function endCommands({ directory, engine, hooks }: Places): Promise<void> {
  const records = [engine, hooks].flatMap((place) => readEngineRecord(place) ?? []);
  const apply = records.find((record) => record.name === 'apply' && isEngineAlive(record));
  if (apply !== undefined) {
    throw new Error(`An apply (process ${apply.pid}) still runs in ${directory}; it has to end before another begins`);
  }
  for (const record of records) await endCommand(record, directory);
}

async function endCommand(record: EngineRecord, directory: string): Promise<void> {
  if (isEngineAlive(record)) {
    signalGroup(record.pid, 'SIGKILL');
    await gone(record);
  }
  // Also what has left its group. A directory that was moved is not the user's any more, another may be.
  if (record.place === ownPlace() && record.user === userOf(directory)) await endUser(record.user);
}

const goneWithinMs = 10_000;

async function gone({ pid, name }: EngineRecord): Promise<void> {
  const deadline = performance.now() + goneWithinMs;
  while (groupLives(pid)) {
    if (performance.now() > deadline) throw new Error(`${name} (process group ${pid}) was killed and does not end`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
