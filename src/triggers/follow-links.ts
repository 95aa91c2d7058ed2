import type { TreeFile } from '../github/trees.ts';
import { directoryOf } from '../stack/modules.ts';
import { resolveWithin } from '../stack/paths.ts';

/** Links that lead to links. */
const longestChain = 5;
/** No file system has longer ones. */
const longestTarget = 4096;

export type Follow = (links: TreeFile[]) => Promise<{ path: string; to: TreeFile }[]>;

/**
 * Tells of links of a tree which of its files they lead to. One that leads out of the repository, to a directory or to
 * nothing is left out. What `read` gives of a content is kept.
 */
export function createFollower(tree: TreeFile[], read: (sha: string) => Promise<string>): Follow {
  const byPath = new Map(tree.map((file) => [file.path, file]));
  const targets = new Map<string, Promise<string>>();
  const follow = async (link: TreeFile): Promise<TreeFile | undefined> => {
    let at: TreeFile | undefined = link;
    for (let hops = 0; at?.link && at.size <= longestTarget && hops < longestChain; hops += 1) {
      const target = targets.get(at.sha) ?? read(at.sha);
      targets.set(at.sha, target);
      const path = resolveWithin(directoryOf(at.path), await target);
      at = path === null ? undefined : byPath.get(path);
    }
    return at?.link ? undefined : at;
  };
  return async (links) => {
    const followed = await Promise.all(links.map(async (link) => ({ path: link.path, to: await follow(link) })));
    return followed.flatMap(({ path, to }) => (to ? [{ path, to }] : []));
  };
}
