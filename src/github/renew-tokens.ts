import type { Octokit } from '@octokit/core';

/**
 * Asks once more with a new token where GitHub does not take the one that is kept. By our clock it holds for an hour:
 * by one that was set back since, for longer than by GitHub's; and GitHub may have withdrawn it.
 */
export function renewTokens(hook: Octokit['hook'], kept: { clear(): void }): void {
  hook.wrap('request', async (request, options) => {
    try {
      return await request(options);
    } catch (error) {
      if ((error as { status?: number }).status !== 401) throw error;
      kept.clear();
      return request(options);
    }
  });
}
