import type { Octokit } from '@octokit/rest';

/** Before the second, third and fourth try. */
const pausesMs = [1_000, 4_000, 9_000];

/** GitHub ends what takes it longer than ten seconds; a connection that is silent for longer than this is dead. */
const answerWithinMs = 15_000;

/**
 * Tries a request again that GitHub could not answer: a status of 500 and up, which is also what Octokit makes of a
 * connection that broke, and no answer in time. `request.retries` of a call says how often at most. A refusal is never
 * asked for twice.
 *
 * In place of Octokit's own plugin: that sends each request through a queue, which waits for several timers and costs
 * a call 5 ms, and a pull request needs six calls in a row.
 */
export function retryRequests(hook: Octokit['hook'], withinMs = answerWithinMs): void {
  hook.wrap('request', (request, options) =>
    tryAgain(async () => {
      const signal = AbortSignal.timeout(withinMs);
      return whole(await request({ ...options, request: { ...options.request, signal } }));
    }, options.request?.retries),
  );
}

/** Asks until it is answered, `most` times more at most. */
export async function tryAgain<T>(ask: () => Promise<T>, most = pausesMs.length): Promise<T> {
  for (const pauseMs of pausesMs.slice(0, most)) {
    try {
      return await ask();
    } catch (error) {
      if (!isPassing(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
  return ask();
}

/** Octokit hands on what there is of a JSON answer that broke off, as a text. Nobody may take that for GitHub's word. */
function whole<R extends { headers: { 'content-type'?: string }; data: unknown }>(response: R): R {
  if (typeof response.data !== 'string' || !response.headers['content-type']?.includes('json')) return response;
  throw Object.assign(new Error(`GitHub's answer broke off after ${response.data.length} characters`), { status: 500 });
}

/** Whether GitHub could not answer, rather than would not. */
export function isPassing(error: unknown): boolean {
  return ((error as { status?: number } | undefined)?.status ?? 0) >= 500 && !isUncompared(error);
}

/**
 * Whether two commits differ in more than GitHub manages to compare. It says so with a status of its own failures, and the
 * next try fares no better.
 */
export function isUncompared(error: unknown): boolean {
  return /\bdiff is (taking too long|temporarily unavailable)/i.test(
    (error as Partial<Error> | undefined)?.message ?? '',
  );
}
