import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { type Account, getAccount, type PullRequest, type Repository, repositoryKey } from '../store.ts';
import type { World } from '../world.ts';
import { ApiError, notFound } from './api-error.ts';
import { type Caller, mayRead, requireScope } from './auth.ts';

/** What hono's contexts carry in the sandbox. */
export interface SandboxEnv {
  Bindings: HttpBindings;
  Variables: { caller: Caller };
}

export type ApiContext = Context<SandboxEnv>;

/** The repository of the address. Throws a 404 unless it is there and the caller may see it, a 403 without the right. */
export function repositoryOf(world: World, c: ApiContext, right: [string, 'read' | 'write']): Repository {
  const { owner = '', repo = '', repositoryId } = c.req.param() as Record<string, string>;
  const key = repositoryKey(owner, repo);
  const { repositories, formerNames } = world.store;
  const repository = repositoryId
    ? [...repositories.values()].find(({ id }) => String(id) === repositoryId)
    : (repositories.get(key) ?? formerNames.get(key));
  const caller = c.get('caller');
  if (!repository || !mayRead(caller, repository)) throw notFound();
  requireScope(caller, repository, right);
  return repository;
}

/** The pull request of the address. Throws a 404 if there is none. */
export function pullOf(repository: Repository, c: ApiContext): PullRequest {
  const pull = repository.pulls.get(numberParam(c, 'number'));
  if (!pull) throw notFound();
  return pull;
}

/** A number of the address. Throws a 404 for anything else. */
export function numberParam(c: ApiContext, name: string): number {
  const text = (c.req.param() as Record<string, string>)[name] ?? '';
  if (!/^\d{1,15}$/.test(text)) throw notFound();
  return Number(text);
}

/** The account in whose name the call acts. */
export function actorOf(world: World, c: ApiContext): Account {
  const caller = c.get('caller');
  if (caller.kind === 'installation') return world.bot;
  if (caller.kind === 'user') return getAccount(world.store, caller.account.login);
  throw new ApiError(401, 'Requires authentication');
}

/** The JSON object that was sent. Throws a 400 for anything else. */
export async function bodyOf(c: ApiContext): Promise<Record<string, unknown>> {
  const text = await c.req.text();
  try {
    const value: unknown = text === '' ? {} : JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    throw new ApiError(400, 'Problems parsing JSON');
  }
  throw new ApiError(400, 'Body should be a JSON object');
}
