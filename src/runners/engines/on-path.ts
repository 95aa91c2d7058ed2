import { execFile } from 'node:child_process';
import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { EngineBinary } from '../../execution/contract.ts';
import type { Engine } from '../../run/status.ts';

const run = promisify(execFile);

/**
 * Finds an engine on the search path; undefined if there is none. Throws if it is there and does not work. It is asked
 * for its version once, and again when it was replaced: a worker outlives upgrades.
 */
export function onPathFinder(
  environment: Record<string, string>,
): (engine: Engine) => Promise<EngineBinary | undefined> {
  const known = new Map<Engine, { file: string; found: Promise<EngineBinary> }>();
  const ask = async (engine: Engine, path: string) => ({ engine, path, version: await askVersion(path, environment) });
  return async (engine) => {
    const program = findProgram(engine, environment.PATH ?? '');
    if (program === undefined) return undefined;
    const { file, path } = program;
    const before = known.get(engine);
    if (before?.file === file) return before.found;
    const found = ask(engine, path);
    const entry = { file, found };
    known.set(engine, entry);
    // It may have been for want of memory or time, which is over by the next run.
    found.catch(() => {
      if (known.get(engine) === entry) known.delete(engine);
    });
    return found;
  };
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

/**
 * `file` tells it from another that takes its place. Each run looks, in a dozen directories for three programs: by
 * calls that do not wait for a thread.
 */
function findProgram(name: string, searchPath: string): { path: string; file: string } | undefined {
  for (const directory of searchPath.split(delimiter).filter(Boolean)) {
    const path = join(directory, name);
    const found = lookAt(path);
    if (found !== undefined) return { path, file: [path, found.ino, found.size, found.mtimeMs].join(' ') };
  }
  return undefined;
}

/** Undefined for what is not there, or not to be run by us. */
function lookAt(path: string): Stats | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found) accessSync(path, constants.X_OK);
    return found;
  } catch {
    return undefined;
  }
}
