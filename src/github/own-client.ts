import { Octokit } from '@octokit/rest';

/** Octokit would write failed calls to the console; ours are thrown and logged with what they were for. */
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const answerWithinMs = 10_000;

/** A client that is not the App's: with a person's token, or with none. */
export function ownClient(apiUrl: string, token?: string): Octokit {
  const timed: typeof fetch = (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(answerWithinMs) });
  return new Octokit({ ...(token && { auth: token }), baseUrl: apiUrl, request: { fetch: timed }, log: quiet });
}
