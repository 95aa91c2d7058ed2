import { listOpenWithHead } from '../db/pull-requests.ts';
import type { Repository } from '../db/repositories.ts';
import { refOf } from '../github/github.ts';
import { readPermission } from '../github/people.ts';
import { hasPermission } from '../run/checks.ts';
import type { TriggerDeps } from './deps.ts';
import { planPullRequest } from './pull-request.ts';

/** Plans the open pull requests with this head again, because somebody who may write asked GitHub to re-run its checks. */
export async function rerunChecks(
  deps: TriggerDeps,
  repository: Repository,
  wanted: { sha: string; user: string },
): Promise<string> {
  if (!hasPermission(await readPermission(deps.github, refOf(repository), wanted.user), 'write'))
    return `${wanted.user} may not plan`;
  const outcomes = [];
  for (const number of await listOpenWithHead(deps.db, repository.id, wanted.sha)) {
    outcomes.push(
      (await planPullRequest(deps, repository, { number, trigger: 'command', triggeredBy: wanted.user })).outcome,
    );
  }
  return outcomes.join('; ') || `no open pull request has the head ${wanted.sha}`;
}
