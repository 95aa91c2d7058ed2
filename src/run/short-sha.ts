/** A commit as people name it. */
export function shortSha(sha: string): string {
  return sha.slice(0, 7);
}
