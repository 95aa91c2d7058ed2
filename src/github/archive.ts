import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { GitHub, RepositoryRef } from './github.ts';

/**
 * The source archive of a commit, as a stream of `tar.gz` with one top-level directory. Octokit would read it whole
 * into memory; so the address is asked of the API (it answers with a redirect to a short-lived one) and fetched here.
 * Throws when GitHub does not deliver it.
 */
export async function downloadArchive(github: GitHub, repository: RepositoryRef, sha: string): Promise<Readable> {
  const location = await github.read(repository, async (octokit, at) => {
    const { headers, url } = await octokit.request('GET /repos/{owner}/{repo}/tarball/{ref}', {
      ...at,
      ref: sha,
      request: { redirect: 'manual', parseSuccessResponseBody: false, retries: 3 },
    });
    return headers.location ?? url;
  });
  const response = await fetch(location, { signal: AbortSignal.timeout(300_000) });
  if (!response.ok || !response.body) {
    throw new Error(
      `GitHub answered ${response.status} for the source archive of ${repository.owner}/${repository.name}@${sha}`,
    );
  }
  return Readable.fromWeb(response.body as ReadableStream);
}
