import type { EmitterWebhookEvent } from '@octokit/webhooks';
import { planPullRequest } from '../triggers/pull-request.ts';
import type { Delivered, WebhookDeps } from './deps.ts';

/** The actions after which a pull request's plans may differ. An edit counts when it changes the base branch. */
const planning = ['opened', 'reopened', 'synchronize', 'ready_for_review', 'converted_to_draft', 'closed'];

export async function onPullRequest(
  deps: WebhookDeps,
  { payload }: EmitterWebhookEvent<'pull_request'>,
  { repository }: Delivered,
): Promise<string> {
  const retargeted = payload.action === 'edited' && payload.changes?.base !== undefined;
  if (!planning.includes(payload.action) && !retargeted) return `action ${payload.action}: nothing to do`;
  const { outcome } = await planPullRequest(deps, repository, {
    number: payload.pull_request.number,
    trigger: 'pull_request',
    head: payload.pull_request.head.sha,
    triggeredBy: payload.sender?.login ?? payload.pull_request.user?.login ?? 'ghost',
  });
  return outcome;
}
