import { lstatSync, realpathSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, posix, relative, resolve, sep } from 'node:path';
import { type SourceBundle, SourceChanged } from './contract.ts';
import { copySource, fileTime, restoreSource } from './copy-source.ts';
import { refuseEmptyModule } from './empty-module.ts';
import { endCommands } from './end-commands.ts';
import type { Execution } from './execution.ts';
import type { Refusal } from './failure.ts';
import { removeTree } from './remove-tree.ts';
import { digestEntries, readSourceEntries, type SourceEntry } from './source-digest.ts';
import { emptyWorkspace } from './workspace.ts';

/**
 * Makes the work directory anew and copies the source into it, without what a repository must not bring along. Returns
 * a refusal for one that cannot be used. Sets `workspace.module` to where the root module really is.
 */
export async function placeSource(execution: Execution, source: SourceBundle): Promise<Refusal | null> {
  const { spec, workspace } = execution;
  await endCommands(workspace);
  await emptyWorkspace(workspace);
  const entries = await takeSource(source, workspace.source);
  const now = fileTime(workspace.engine);
  execution.placed = { source, rightAt: { names: now, content: now } };
  const inside = findModule(workspace.source, spec.rootModule);
  if (typeof inside !== 'string') return inside;
  workspace.module = inside;
  const root = spec.rootModule === '.' ? '' : `${posix.normalize(spec.rootModule).replace(/\/$/, '')}/`;
  await removeLeftovers(
    workspace.source,
    entries.map((entry) => entry.path).filter((path) => path.startsWith(root)),
  );
  for (const name of ['.terraform', 'errored.tfstate'])
    if (isThere(join(inside, name))) await rm(join(inside, name), { recursive: true, force: true });
  return refuseCommittedState(inside, spec.rootModule) ?? refuseEmptyModule(execution);
}

/** Another execution's copy if it is right, or else a new one. */
async function takeSource(source: SourceBundle, to: string): Promise<SourceEntry[]> {
  if (await source.copies.take(to)) {
    const entries = await readSourceEntries(to).catch(() => null);
    if (entries !== null && digestEntries(entries) === source.digest) return entries;
    await removeTree(to);
    await mkdir(to, { mode: 0o700 });
  }
  await copySource(source.directory, to).catch((error: unknown) => {
    // Whoever cleans up on the worker does not know that it is in use.
    if (isThere(source.directory)) throw error;
    throw new SourceChanged(`The source in ${source.directory} is not there any more`, { cause: error });
  });
  const entries = await readSourceEntries(to);
  // Other runs share the unpacked source, and what their configurations start could reach it.
  if (digestEntries(entries) === source.digest) return entries;
  throw new SourceChanged(`The source in ${source.directory} is not what was unpacked there (digest ${source.digest})`);
}

/** Leaves the copy to the next execution of the commit, with nothing in it of this one. */
export async function leaveSource({ placed, workspace }: Execution): Promise<void> {
  if (placed === null) return;
  try {
    await restoreSource(placed.source, workspace.source, placed.rightAt);
    await placed.source.copies.keep(workspace.source);
  } catch {
    // It is removed with the rest of the work directory, and the next one makes a new copy.
  }
}

/** The root module's real directory, or the refusal of what is none inside the source. */
function findModule(source: string, rootModule: string): string | Refusal {
  const root = realpathSync(source);
  const real = realOf(join(source, rootModule));
  if (real === null || (real !== root && !real.startsWith(root + sep))) return missingModule(rootModule);
  if (!lstatSync(real).isDirectory()) return missingModule(rootModule);
  return real === resolve(root, rootModule) ? real : linkedModule(rootModule, relative(root, real) || '.');
}

function realOf(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

/** A link counts as well, wherever it leads. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function missingModule(rootModule: string): Refusal {
  return {
    headline: `The directory ${rootModule} is not in the repository`,
    detail:
      `At this commit the repository has no directory "${rootModule}" of its own. Correct the stack's path, or add the directory. ` +
      'If the stack is to go, take it out of zenfra.yml too, after a destroy run on its page has removed what it manages.',
  };
}

/** What is changed in the directory would make no run: which stacks a change affects is found by their paths. */
function linkedModule(rootModule: string, directory: string): Refusal {
  return {
    headline: `The stack’s path ${rootModule} is a symbolic link`,
    detail: `It leads to "${directory}", and a stack has to name its directory itself, or its changes are not seen. Write "path: ${directory}" in zenfra.yml.`,
  };
}

/** A `.terraform` directory of the repository's would be used as it is: its providers, its modules, its backend. */
async function removeLeftovers(source: string, paths: readonly string[]): Promise<void> {
  const found = new Set<string>();
  for (const path of paths) {
    const [, below] = /^((?:.*?\/)?\.terraform)(?:\/|$)/s.exec(path) ?? [];
    if (below !== undefined) found.add(below);
  }
  for (const path of found) await rm(join(source, path), { recursive: true, force: true });
}

function refuseCommittedState(module: string, rootModule: string): Refusal | null {
  if (!isThere(join(module, 'terraform.tfstate'))) return null;
  const file = posix.join(rootModule, 'terraform.tfstate');
  return {
    headline: `The repository holds a state file: ${file}`,
    detail:
      `This stack’s state is kept elsewhere. With ${file} in the repository it would be unclear which of the two is right. ` +
      'If it is this one, give it to "Import state" on the State tab of the stack’s page. Then remove it from the repository.',
    diagnostics: [
      {
        severity: 'error',
        summary: 'State file in the repository',
        detail: 'Import it on the stack’s State tab if it is the right one, then remove it from the repository.',
        file,
        line: 1,
      },
    ],
  };
}
