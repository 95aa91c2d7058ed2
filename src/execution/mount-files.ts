import { lstat, mkdir, realpath, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { refusePath } from '../bundle/refusals.ts';
import type { Execution } from './execution.ts';
import type { Refusal } from './failure.ts';

/**
 * Puts the files of the configuration bundles into the stack's directory, readable by this user alone. Nothing of the
 * repository is written over, and no link of the repository's is followed out of it. Null, or the refusal.
 */
export async function mountFiles({ spec, workspace }: Execution): Promise<Refusal | null> {
  const root = await realpath(workspace.source);
  for (const { path, content } of spec.files) {
    const why = refusePath(path) ?? (await mount({ root, module: workspace.module, path, content }));
    if (why === null) continue;
    const detail = `${why} Change the file’s path in the stack’s configuration bundle, then re-run.`;
    return { headline: `The file ${path} cannot be mounted`, detail };
  }
  return null;
}

interface Mount {
  root: string;
  module: string;
  path: string;
  content: string;
}

async function mount({ root, module, path, content }: Mount): Promise<string | null> {
  const target = join(module, path);
  const parent = await makeParent(root, module, dirname(target));
  if (parent === null) return `${path} leads out of the repository, by a link or over a file.`;
  try {
    await writeFile(target, content, { flag: 'wx', mode: 0o600 });
    return null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return `The repository has something at ${path} already, and what a repository brings is not written over.`;
  }
}

/** Each directory is looked at before the next is made below it: `mkdir -p` would follow a link. */
async function makeParent(root: string, module: string, directory: string): Promise<string | null> {
  const below = directory === module ? [] : directory.slice(module.length + 1).split(sep);
  let at = module;
  for (const segment of below) {
    at = join(at, segment);
    await mkdir(at).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    const real = await realpath(at).catch(() => null);
    if (real === null || !real.startsWith(root + sep) || !(await lstat(real)).isDirectory()) return null;
  }
  return at;
}
