import { execFile } from 'node:child_process';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ownRooms } from './confine.ts';
import { fileTime } from './copy-source.ts';
import type { Execution } from './execution.ts';
import { hasOwnUsers } from './isolation.ts';
import { userOf } from './run-user.ts';
import type { Workspace } from './workspace.ts';

const run = promisify(execFile);

/** Gives the rooms of a prepared work directory to the user that works in it, where runs have a user of their own. */
export async function handOver({ spec, workspace, placed }: Execution): Promise<void> {
  if (!hasOwnUsers(spec.isolation)) return;
  const user = userOf(workspace.directory);
  const { TF_CLI_CONFIG_FILE: file } = spec.inherited;
  // The operator's own file may be below a directory that others cannot enter.
  if (file !== undefined) await copyFile(file, cliConfigFile(workspace)).catch(() => undefined);
  const others = await readFile('/etc/passwd', 'utf8').catch(() => '');
  await writeFile(workspace.passwd, `${others}run:x:${user}:${user}::${workspace.home}:/bin/sh\n`, { mode: 0o644 });
  await changeOwner(ownRooms(workspace), user);
  if (placed !== null) placed.rightAt.content = fileTime(workspace.engine);
}

export function cliConfigFile({ home }: Workspace): string {
  return join(home, 'cli.tfrc');
}

/** Links themselves, not what they lead to. */
export async function changeOwner(paths: string[], user: number): Promise<void> {
  await run('chown', ['-R', '-h', `${user}:${user}`, '--', ...paths], { env: { PATH: '/usr/bin:/bin' } });
}
