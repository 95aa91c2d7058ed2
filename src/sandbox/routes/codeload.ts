import { Hono } from 'hono';
import { archiveCommit } from '../git/archive.ts';
import { resolveCommit } from '../git/repository.ts';
import type { SandboxEnv } from '../http/env.ts';
import { archiveDirectory } from '../shapes/archive.ts';
import { repositoryKey } from '../store.ts';
import type { World } from '../world.ts';

/** Where archives are downloaded: outside the API, with a token of its own in the address. */
export function codeload(world: World): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();
  app.get('/_codeload/:owner/:repo/legacy.tar.gz/:ref{[\\s\\S]+}', async (c) => {
    const { owner, repo, ref } = c.req.param();
    const repository = world.store.repositories.get(repositoryKey(owner, repo));
    const token = world.store.tokens.get(c.req.query('token') ?? '');
    const good = token?.kind === 'archive' && token.repository === repository && token.expiresAt > Date.now();
    if (!repository || !good) return c.text('404: Not Found', 404);
    const sha = await resolveCommit(repository.git, ref);
    if (!sha) return c.text('404: Not Found', 404);
    const directory = archiveDirectory(repository, sha);
    const bytes = await archiveCommit(repository.git, sha, directory);
    return c.body(new Uint8Array(bytes), 200, {
      'content-type': 'application/x-gzip',
      'content-disposition': `attachment; filename=${directory}.tar.gz`,
    });
  });
  return app;
}
