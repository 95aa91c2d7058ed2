import type { StackView } from '../../views/parts/stack-frame.tsx';
import type { PageStack } from '../db/page-stack.ts';
import { listLiveRuns } from '../db/runs.ts';
import { listHolds } from '../db/stack-holds.ts';
import { findStateLock, isAbandoned } from '../db/state-locks.ts';
import { mayApplyByItself } from '../run/auto-apply.ts';
import type { Permission } from '../run/checks.ts';
import { policyOf, type RunPolicy } from '../run/policy.ts';
import type { PagesDeps } from './deps.ts';
import { githubLinks } from './github-links.ts';
import { toHoldView, toLockView } from './hold-view.ts';
import { engineOf, wantedEngine } from './run-columns.ts';

/** The head of a stack's pages, with who holds the stack or its state just now. */
export async function loadStackView(
  deps: Pick<PagesDeps, 'db' | 'githubServerUrl'>,
  { stack, may }: { stack: PageStack; may: Permission },
): Promise<StackView> {
  const [holds, lock] = await Promise.all([listHolds(deps.db, [stack.id]), findStateLock(deps.db, stack.id)]);
  const live = lock ? await listLiveRuns(deps.db, stack.id) : [];
  const links = githubLinks(deps.githubServerUrl, stack);
  const pull = stack.pull_request_number;
  return {
    id: stack.id,
    name: stack.name,
    path: stack.path,
    branch: { name: stack.branch, url: links.branch(stack.branch) },
    repository: { fullName: `${stack.owner}/${stack.repository}`, url: links.repository },
    engine: engineOf(stack) ?? wantedEngine(stack),
    lastStatus: stack.last_status,
    removed: stack.removed,
    appliesByItself: appliesByItself(policyOf(stack.definition)),
    pullRequest: pull === null ? null : { number: pull, url: links.pullRequest(pull) },
    holds: holds.map((hold) => toHoldView(hold, { links, may })),
    lock: lock ? toLockView(lock, { live, abandoned: await isAbandoned(deps.db, lock), may }) : null,
  };
}

function appliesByItself(policy: RunPolicy): StackView['appliesByItself'] {
  const may = (deletes: boolean) => mayApplyByItself({ type: 'tracked', policy, deletes });
  return may(true) ? 'always' : may(false) ? 'no_destroy' : 'never';
}
