import type { Octokit } from '@octokit/rest';

/** Before the second, third and fourth try. */
const pausesMs = [1_000, 4_000, 9_000];

/**
 * Tries a request again that GitHub could not answer: a status of 500 and up, which is also what Octokit makes of a
 * connection that broke. `request.retries` of a call says how often at most. A refusal is never asked for twice.
 *
 * In place of Octokit's own plugin: that sends each request through a queue, which waits for several timers and costs
 * a call 5 ms, and a pull request needs six calls in a row.
 */
export function retryRequests(hook: Octokit['hook']): void {
  hook.wrap('request', async (request, options) => {
    const most: number = options.request?.retries ?? pausesMs.length;
    for (const pauseMs of pausesMs.slice(0, most)) {
      try {
        return await request(options);
      } catch (error) {
        if (!isPassing(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
    return request(options);
  });
}

function isPassing(error: unknown): boolean {
  return ((error as { status?: number }).status ?? 0) >= 500;
}
