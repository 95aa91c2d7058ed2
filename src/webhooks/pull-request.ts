import type { EmitterWebhookEvent } from '@octokit/webhooks';
import { notePusher } from '../db/commit-pushers.ts';
import { requestPullRequestReport } from '../db/request-report.ts';
import { planPullRequest } from '../triggers/pull-request.ts';
import type { Delivered, WebhookDeps } from './deps.ts';

/** The actions after which a pull request's plans may differ. An edit counts when it changes the base branch. */
const planning = ['opened', 'reopened', 'synchronize', 'ready_for_review', 'converted_to_draft', 'closed'];

export async function onPullRequest(
  deps: WebhookDeps,
  { payload }: EmitterWebhookEvent<'pull_request'>,
  { repository, receivedAt }: Delivered,
): Promise<string> {
  // While it was locked, nothing could be told there.
  if (payload.action === 'unlocked') {
    await requestPullRequestReport(deps.db, { repositoryId: repository.id, number: payload.pull_request.number });
    return 'unlocked: told what happened meanwhile';
  }
  const retargeted = payload.action === 'edited' && payload.changes?.base !== undefined;
  if (!planning.includes(payload.action) && !retargeted) return `action ${payload.action}: nothing to do`;
  const { number, head, updated_at: updatedAt } = payload.pull_request;
  const user = payload.sender?.login ?? payload.pull_request.user?.login ?? 'ghost';
  // Of a fork's pushes there is no other webhook.
  if (payload.action === 'synchronize')
    await notePusher(deps.db, { repositoryId: repository.id, commit: head.sha, login: user });
  const { outcome } = await planPullRequest(deps, repository, {
    number,
    trigger: 'pull_request',
    webhook: { head: head.sha, updatedAt: updatedAt ? new Date(updatedAt) : null, receivedAt },
    triggeredBy: user,
  });
  return outcome;
}
