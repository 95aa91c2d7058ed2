import type { Repository } from '../db/repositories.ts';
import { listPullRequestHolds } from '../db/stack-holds.ts';
import { getStack } from '../db/stacks.ts';
import type { AffectedByPullRequest } from './affected-by-pull-request.ts';
import type { TriggerDeps } from './deps.ts';

/** Ends the sentence "pull request touched …". */
export const appliedBefore = 'what it had applied before';

/**
 * Adds the stacks that an open pull request has applied and holds although its head does not touch them any more, as a
 * push took the change back. What was applied still exists, and only a plan of the head can undo it.
 */
export async function withApplied(
  deps: TriggerDeps,
  repository: Repository,
  { number, found }: { number: number; found: AffectedByPullRequest },
): Promise<AffectedByPullRequest> {
  const affected = [...found.affected];
  for (const hold of await listPullRequestHolds(deps.db, repository.id, number)) {
    if (affected.some(({ stack }) => stack.id === hold.stack_id)) continue;
    const stack = await getStack(deps.db, hold.stack_id);
    const definition = found.all.find(({ name, renamedFrom }) => name === stack.name || renamedFrom === stack.name);
    // One that the base no longer has is told in the notes.
    if (definition) affected.push({ stack, definition, because: appliedBefore });
  }
  return { ...found, affected };
}
