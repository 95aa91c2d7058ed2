import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type EngineRecord, readEngineRecord } from '../../src/execution/engine-record.ts';

/** The engines that processes of Zenfra with this data directory have started and not cleared away. */
export async function findEngines(dataDirectory: string): Promise<EngineRecord[]> {
  const runs = join(dataDirectory, 'work', 'runs');
  const names = await readdir(runs).catch(() => []);
  return names.map((name) => readEngineRecord(join(runs, name, 'engine'))).filter((record) => record !== null);
}

/** With all that it started, at once. */
export async function killEngines(dataDirectory: string): Promise<void> {
  for (const { pid } of await findEngines(dataDirectory)) process.kill(-pid, 'SIGKILL');
}
