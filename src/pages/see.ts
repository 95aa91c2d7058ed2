import { findPageRun, type PageRun } from '../db/page-run.ts';
import { findPageStack, type PageStack } from '../db/page-stack.ts';
import { hasPermission, type Permission } from '../run/checks.ts';
import type { PagesDeps } from './deps.ts';
import { type PageContext, viewerOf } from './env.ts';
import { isUuid } from './parameters.ts';
import { sendMessage, sendNotFound } from './respond.ts';

type SeeDeps = Pick<PagesDeps, 'db' | 'access'>;

/** A run and what the viewer may do with it. Undefined where there is none that they may see: they cannot tell the two apart. */
export async function seeRun(
  c: PageContext,
  deps: SeeDeps,
  id: string,
): Promise<{ run: PageRun; may: Permission } | undefined> {
  const run = isUuid(id) ? await findPageRun(deps.db, id) : undefined;
  const may = run ? await levelOn(c, deps, run.repository_id) : 'none';
  return run && hasPermission(may, 'read') ? { run, may } : undefined;
}

/** As `seeRun`, for a stack. */
export async function seeStack(
  c: PageContext,
  deps: SeeDeps,
  id: string,
): Promise<{ stack: PageStack; may: Permission } | undefined> {
  const stack = isUuid(id) ? await findPageStack(deps.db, id) : undefined;
  const may = stack ? await levelOn(c, deps, stack.repository_id) : 'none';
  return stack && hasPermission(may, 'read') ? { stack, may } : undefined;
}

/** What the viewer may do in a repository, as GitHub said within the last minute. */
export async function levelOn(c: PageContext, deps: SeeDeps, repositoryId: number): Promise<Permission> {
  return (await deps.access.listRights(viewerOf(c))).get(repositoryId) ?? 'none';
}

/**
 * Why the viewer may not act, in a sentence, or null. Asked of GitHub at this moment: a permission that was taken away
 * a second ago counts.
 */
export async function actProblem(
  c: PageContext,
  deps: Pick<PagesDeps, 'access'>,
  on: { repositoryId: number; repository: string; needed: Permission },
): Promise<string | null> {
  const lack = await lackOf(c, deps, on);
  if (lack === null) return null;
  const own = viewerOf(c).session === null ? ' Who is not signed in can only look at what is here.' : '';
  return `${lack} Nothing was changed.${own}`;
}

/** As `actProblem`, for what may be had only by those who could change it: a state in clear, with its secrets. */
export async function lackOf(
  c: PageContext,
  deps: Pick<PagesDeps, 'access'>,
  on: { repositoryId: number; repository: string; needed: Permission },
): Promise<string | null> {
  const viewer = viewerOf(c);
  const has = await deps.access.readRight(viewer, on.repositoryId);
  if (hasPermission(has, on.needed)) return null;
  return `This needs ${on.needed} permission on ${on.repository}, and ${viewer.login} has ${has}.`;
}

/** The stack at a button's address that is for admins, or the answer to whoever may not press it. */
export async function stackForAdmin(c: PageContext, deps: PagesDeps): Promise<PageStack | Response> {
  const stack = (await seeStack(c, deps, c.req.param('id') ?? ''))?.stack;
  if (!stack) return sendNotFound(c, deps);
  const problem = await actProblem(c, deps, { ...onStack(stack), needed: 'admin' });
  return problem === null ? stack : sendMessage(c, deps, 403, problem);
}

export const removedWords = 'This stack is not in zenfra.yml any more; add it there first.';

/** What `actProblem` and `lackOf` are asked about a stack. */
export function onStack(stack: PageStack) {
  return { repositoryId: stack.repository_id, repository: `${stack.owner}/${stack.repository}` };
}
