/** Addresses of GitHub's own pages. Every part is encoded: branches and paths may hold any character. */
export interface GitHubLinks {
  repository: string;
  commit(sha: string): string;
  branch(name: string): string;
  pullRequest(number: number): string;
  /** `line` is 1-based. */
  file(sha: string, path: string, line: number | undefined): string;
}

export function githubLinks(serverUrl: string, repository: { owner: string; repository: string }): GitHubLinks {
  const base = `${serverUrl.replace(/\/+$/, '')}/${encodeURIComponent(repository.owner)}/${encodeURIComponent(repository.repository)}`;
  return {
    repository: base,
    commit: (sha) => `${base}/commit/${encodeURIComponent(sha)}`,
    branch: (name) => `${base}/tree/${encodePath(name)}`,
    pullRequest: (number) => `${base}/pull/${number}`,
    file: (sha, path, line) =>
      `${base}/blob/${encodeURIComponent(sha)}/${encodePath(path)}${line === undefined ? '' : `#L${line}`}`,
  };
}

/** A lone surrogate cannot be encoded; it is replaced, as in any text that becomes UTF-8. */
function encodePath(path: string): string {
  return path.toWellFormed().split('/').map(encodeURIComponent).join('/');
}
