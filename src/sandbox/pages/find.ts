import type { Context } from 'hono';
import type { SandboxEnv } from '../http/env.ts';
import { type PullRequest, type Repository, repositoryKey } from '../store.ts';
import type { World } from '../world.ts';

/** The repository of a page's address. */
export function findRepository(world: World, c: Context<SandboxEnv>): Repository | undefined {
  const { owner = '', repo = '' } = c.req.param() as Record<string, string>;
  return world.store.repositories.get(repositoryKey(owner, repo));
}

/** The pull request of a page's address. */
export function findPull(repository: Repository, c: Context<SandboxEnv>): PullRequest | undefined {
  return repository.pulls.get(Number((c.req.param() as Record<string, string>).number));
}
