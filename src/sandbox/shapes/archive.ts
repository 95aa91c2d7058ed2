import type { Repository } from '../store.ts';

/** The one directory at the top of an archive: `owner-repo-sha7`, as GitHub's. */
export function archiveDirectory(repository: Repository, sha: string): string {
  return `${repository.owner.login}-${repository.name}-${sha.slice(0, 7)}`;
}
