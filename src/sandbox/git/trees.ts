import { type GitDirectory, once } from './run.ts';

export interface TreeEntry {
  /** Six octal digits: 100644, 100755, 120000 (link), 040000 (directory), 160000 (submodule). */
  mode: string;
  name: string;
  type: 'blob' | 'tree' | 'commit';
  sha: string;
}

/** The entries of a tree; undefined if there is no such tree. `name` may also be a commit. */
export function readTree(git: GitDirectory, name: string): Promise<TreeEntry[] | undefined> {
  return once(git, `tree ${name}`, async () => {
    const object = await git.objects.read(`${name}^{tree}`);
    return object ? parseTree(object.body) : undefined;
  });
}

/** All entries below a tree with their paths from its root, as `git ls-tree -r -t` lists them. */
export function readTreeRecursively(git: GitDirectory, name: string): Promise<(TreeEntry & { path: string })[]> {
  return once(git, `trees ${name}`, () => walk(git, name, ''));
}

/** The entry at a path of a commit; undefined if there is nothing. */
export async function findEntry(git: GitDirectory, commit: string, path: string): Promise<TreeEntry | undefined> {
  const parts = path.split('/').filter((part) => part !== '');
  let entry: TreeEntry | undefined = { mode: '040000', name: '', type: 'tree', sha: commit };
  for (const part of parts) {
    if (entry?.type !== 'tree') return undefined;
    entry = (await readTree(git, entry.sha))?.find((child) => child.name === part);
  }
  return entry;
}

/** A file's bytes by object id; undefined if there is no such file. */
export function readBlob(git: GitDirectory, sha: string): Promise<Buffer | undefined> {
  return once(git, `blob ${sha}`, async () => {
    const object = await git.objects.read(sha);
    return object?.type === 'blob' ? object.body : undefined;
  });
}

async function walk(git: GitDirectory, tree: string, prefix: string): Promise<(TreeEntry & { path: string })[]> {
  const found: (TreeEntry & { path: string })[] = [];
  for (const entry of (await readTree(git, tree)) ?? []) {
    const path = prefix + entry.name;
    found.push({ ...entry, path });
    if (entry.type === 'tree') found.push(...(await walk(git, entry.sha, `${path}/`)));
  }
  return found;
}

function parseTree(body: Buffer): TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(32, at);
    const nul = body.indexOf(0, space);
    const mode = body.toString('latin1', at, space).padStart(6, '0');
    const type = mode === '040000' ? 'tree' : mode === '160000' ? 'commit' : 'blob';
    entries.push({
      mode,
      type,
      name: body.toString('utf8', space + 1, nul),
      sha: body.toString('hex', nul + 1, nul + 21),
    });
    at = nul + 21;
  }
  return entries;
}
