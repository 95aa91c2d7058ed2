import type { TreeFile } from '../github/trees.ts';
import { directoryOf } from '../stack/modules.ts';
import { resolveWithin } from '../stack/paths.ts';

/** Links that lead to links. */
const longestChain = 5;
/** Contents of links that are read: a chain may lead each of thousands of links to another one. */
const mostReads = 500;
/** No file system has longer ones. */
const longestTarget = 4096;

export interface Followed {
  path: string;
  /** Of a directory with a "/" at its end. */
  target: string;
  /** Null for a directory, and for what is not there yet. */
  file: TreeFile | null;
}

export type Follow = (links: TreeFile[]) => Promise<Followed[]>;

/**
 * Tells of links of a tree what of it they lead to, or will when it is added. One that leads out of the repository, to a
 * directory around itself or in a circle is left out. What `read` gives of a content is kept.
 */
export function createFollower(tree: TreeFile[], read: (sha: string) => Promise<string>): Follow {
  const byPath = new Map(tree.map((file) => [file.path, file]));
  const directories = new Set<string>();
  for (const { path } of tree)
    for (let at = directoryOf(path); at !== '.' && !directories.has(at); at = directoryOf(at)) directories.add(at);
  const targets = new Map<string, Promise<string>>();
  const follow = async (link: TreeFile): Promise<Followed | undefined> => {
    let at = link;
    for (let hops = 0; at.link; hops += 1) {
      if (hops >= longestChain || at.size > longestTarget) return undefined;
      if (!targets.has(at.sha) && targets.size >= mostReads) return undefined;
      const text = targets.get(at.sha) ?? read(at.sha);
      targets.set(at.sha, text);
      const path = resolveWithin(directoryOf(at.path), await text);
      if (path === null) return undefined;
      const next = byPath.get(path);
      if (next === undefined) {
        if (path === '.' || link.path.startsWith(`${path}/`)) return undefined;
        return { path: link.path, target: directories.has(path) ? `${path}/` : path, file: null };
      }
      at = next;
    }
    return { path: link.path, target: at.path, file: at };
  };
  return async (links) => (await Promise.all(links.map(follow))).filter((one) => one !== undefined);
}
