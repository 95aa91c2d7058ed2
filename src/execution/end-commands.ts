import { isEngineAlive, killRemains, signalGroup } from './engine-process.ts';
import { readEngineRecord } from './engine-record.ts';
import { groupLives, ownPlace } from './process-identity.ts';
import { killUser, userOf } from './run-user.ts';
import type { Workspace } from './workspace.ts';

type Places = Pick<Workspace, 'directory' | 'engine' | 'hooks'>;

const endedWithinMs = 10_000;

/**
 * Ends what is still at work in a work directory, the engine and the stack's own commands alike, and resolves when it
 * is gone: a worker that was killed leaves them behind, and one that lost its run only tells them to end. One that
 * applies is never touched. `mayEnd` is asked again right before each try.
 */
export async function endCommands(places: Places, mayEnd: () => boolean = () => true): Promise<void> {
  const deadline = performance.now() + endedWithinMs;
  while (mayEnd() && killCommands(places)) {
    if (performance.now() > deadline) throw new Error(`What runs in ${places.directory} was killed and does not end`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Tells all of it to end, at once. False if there was nothing. */
function killCommands({ directory, engine, hooks }: Places): boolean {
  const records = [engine, hooks].flatMap((place) => readEngineRecord(place) ?? []);
  const atWork = records.filter(isEngineAlive);
  const apply = atWork.find(({ name }) => name === 'apply');
  if (apply !== undefined) {
    throw new Error(`An apply (process ${apply.pid}) still runs in ${directory}; it has to end before another begins`);
  }
  for (const { pid } of atWork) signalGroup(pid, 'SIGKILL');
  const remains = records.filter((record) => killRemains(record) && groupLives(record.pid));
  // Also what has left its group; but the user of a directory that was moved may be another's by now.
  const users = records.filter(({ place, user }) => place === ownPlace() && user === userOf(directory));
  return users.some(({ user }) => user !== undefined && killUser(user)) || atWork.length + remains.length > 0;
}
