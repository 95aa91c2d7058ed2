import { constants, mkdirSync } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { makeOwnedDirectory, moveAside } from './owned-directory.ts';
import { removeTree } from './remove-tree.ts';
import { linkTemporary, shortPathOf, unlinkTemporary } from './short-temporary.ts';

/**
 * Where everything of one execution lies. All of it is inside the work directory, so that removing that removes all,
 * and outside the source, so that no file of a repository can stand in for one of ours.
 */
export interface Workspace {
  directory: string;
  /** The copy of the repository. */
  source: string;
  /** The root module in it: where the engine is started. */
  module: string;
  /** Output, exit and record files of the engine: ours, a run has no business there. */
  engine: string;
  /** Where the engine leaves its plan. */
  plan: string;
  planFile: string;
  /** The engine's cache of providers: see `provider-cache.ts`. */
  plugins: string;
  /** As `engine`, of the stack's own commands: the engine's records are kept apart from theirs. */
  hooks: string;
  home: string;
  temporary: string;
  /** A path to that which is short enough for the sockets of providers. */
  tmpdir: string;
  /** The `/etc/passwd` of a run that is a user of its own under bubblewrap. */
  passwd: string;
}

export function layOutWorkspace(directory: string, rootModule: string): Workspace {
  const source = join(directory, 'source');
  const engine = join(directory, 'engine');
  const temporary = join(directory, 'tmp');
  return {
    directory,
    source,
    module: join(source, rootModule),
    engine,
    plan: join(directory, 'plan'),
    planFile: join(directory, 'plan', 'plan.tfplan'),
    hooks: join(directory, 'hooks'),
    plugins: join(directory, 'plugins'),
    home: join(directory, 'home'),
    temporary,
    tmpdir: shortPathOf(temporary),
    passwd: join(directory, 'passwd'),
  };
}

/** Makes the work directory anew, with its rooms, each readable by this user alone. */
export async function emptyWorkspace(workspace: Workspace): Promise<void> {
  const aside = moveAside(workspace.directory);
  if (aside !== null) await removeTree(aside);
  // To be passed through, not looked into: the user of a run has rooms in it.
  makeOwnedDirectory(workspace.directory, 0o711);
  const { source, engine, plan, plugins, home, temporary } = workspace;
  for (const room of [source, engine, plan, plugins, home, temporary]) {
    mkdirSync(room, { mode: 0o700 });
  }
  linkTemporary(workspace);
}

/** Does not throw: what is left of a directory is removed when this process has ended (`clear-left`). */
export async function removeWorkspace(workspace: Workspace): Promise<void> {
  await removeTree(workspace.directory)
    .then(() => unlinkTemporary(workspace))
    .catch(() => undefined);
}

/** The bytes of a regular file, or null if there is none; a link is not followed, since the repository chose its target. */
export async function readOwnFile(path: string, limitBytes: number): Promise<Uint8Array | null> {
  const found = await lstat(path).catch(() => null);
  if (found === null || !found.isFile()) return null;
  if (found.size > limitBytes) {
    throw new Error(`${path} has ${found.size} bytes; at most ${limitBytes} are read`);
  }
  // Nor one that has taken the file's place since.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Of a state that an engine could not save. What the backend takes is half of it. */
export const largestState = 256 * 1024 * 1024;
