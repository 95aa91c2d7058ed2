import { execFile } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ownRooms } from './confine.ts';
import { fileTime } from './copy-source.ts';
import type { Execution } from './execution.ts';
import { userOf } from './run-user.ts';
import type { Workspace } from './workspace.ts';

const run = promisify(execFile);

/** Gives the rooms of a prepared work directory to the user that works in it, where runs have a user of their own. */
export async function handOver({ spec, workspace, placed }: Execution): Promise<void> {
  if (spec.isolation?.kind !== 'user') return;
  const { TF_CLI_CONFIG_FILE: file } = spec.inherited;
  // The operator's own file may be below a directory that others cannot enter.
  if (file !== undefined) await copyFile(file, cliConfigFile(workspace)).catch(() => undefined);
  await changeOwner(ownRooms(workspace), userOf(workspace.directory));
  if (placed !== null) placed.rightAt.content = fileTime(workspace.engine);
}

export function cliConfigFile({ home }: Workspace): string {
  return join(home, 'cli.tfrc');
}

/** Links themselves, not what they lead to. */
export async function changeOwner(paths: string[], user: number): Promise<void> {
  await run('chown', ['-R', '-h', `${user}:${user}`, '--', ...paths], { env: { PATH: '/usr/bin:/bin' } });
}
