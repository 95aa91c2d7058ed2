import { Readable } from 'node:stream';
import type { GitHub, Octokit, RepositoryRef } from './github.ts';
import { tryAgain } from './retry.ts';

/** Of redirections within the API: there is one for a former name. */
const mostHops = 3;

const downloadWithinMs = 300_000;

/**
 * The source archive of a commit, as a stream of `tar.gz` with one top-level directory. Octokit would read it whole
 * into memory; so the address is asked of the API (it answers with a redirect to a short-lived one) and fetched here.
 * Throws when GitHub does not deliver it; `isPassing` tells whether it could not.
 */
export async function downloadArchive(github: GitHub, repository: RepositoryRef, sha: string): Promise<Readable> {
  const location = await github.read(repository, (octokit, at) => locate(octokit, { ...at, ref: sha }));
  const body = await tryAgain(() => open(location, `${repository.owner}/${repository.name}@${sha}`));
  return Readable.from(bytesOf(body), { objectMode: false });
}

/** The token is for the API alone: it is sent along a redirection as long as that stays there. */
async function locate(octokit: Octokit, at: { owner: string; repo: string; ref: string }): Promise<string> {
  const asked = { request: { redirect: 'manual', parseSuccessResponseBody: false, retries: 3 } } as const;
  let { headers, url } = await octokit.request('GET /repos/{owner}/{repo}/tarball/{ref}', { ...at, ...asked });
  const { baseUrl } = octokit.request.endpoint.DEFAULTS;
  for (let hops = 0; hops < mostHops && headers.location && isBelow(headers.location, baseUrl); hops++)
    ({ headers, url } = await octokit.request(`GET ${headers.location}`, asked));
  return headers.location ?? url;
}

function isBelow(address: string, base: string): boolean {
  const [one, above] = [new URL(address), new URL(base)];
  return one.origin === above.origin && one.pathname.startsWith(`${above.pathname.replace(/\/$/, '')}/`);
}

async function open(location: string, what: string): Promise<ReadableStream<Uint8Array>> {
  const response = await fetch(location, { signal: AbortSignal.timeout(downloadWithinMs) }).catch(unanswered);
  if (response.ok && response.body) return response.body;
  await response.body?.cancel();
  const error = new Error(`GitHub answered ${response.status} for the source archive of ${what}`);
  throw Object.assign(error, { status: response.status });
}

/** Not by what a reader's own failure is thrown into: that the download broke off is said of nothing else. */
async function* bytesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(unanswered);
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** A connection that broke, as Octokit has it. */
function unanswered(error: unknown): never {
  throw Object.assign(new Error('The source archive did not arrive', { cause: error }), { status: 500 });
}
