import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { EngineBinary } from '../../execution/contract.ts';
import type { Engine } from '../../run/status.ts';

const run = promisify(execFile);

/** The engine of that name on the search path; undefined if there is none. Throws if it is there and does not work. */
export async function findOnPath(
  engine: Engine,
  environment: Record<string, string>,
): Promise<EngineBinary | undefined> {
  const path = await findProgram(engine, environment.PATH ?? '');
  return path === undefined ? undefined : { engine, path, version: await askVersion(path, environment) };
}

/** Asks a program which version it is. */
export async function askVersion(path: string, environment: Record<string, string>): Promise<string> {
  const { stdout } = await run(path, ['version', '-json'], {
    env: { ...environment, CHECKPOINT_DISABLE: '1' },
    timeout: 30_000,
  });
  const version: unknown = JSON.parse(stdout).terraform_version;
  if (typeof version === 'string') return version;
  throw new Error(`${path} version -json does not name a version: ${stdout.slice(0, 200)}`);
}

async function findProgram(name: string, searchPath: string): Promise<string | undefined> {
  for (const directory of searchPath.split(delimiter).filter(Boolean)) {
    const path = join(directory, name);
    const usable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return path;
  }
  return undefined;
}
