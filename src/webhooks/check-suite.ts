import type { EmitterWebhookEvent } from '@octokit/webhooks';
import { planHead } from '../triggers/head.ts';
import type { Delivered, WebhookDeps } from './deps.ts';

/** "Re-run all checks". */
export async function onCheckSuite(
  deps: WebhookDeps,
  { payload }: EmitterWebhookEvent<'check_suite'>,
  { repository }: Delivered,
): Promise<string> {
  if (payload.action !== 'rerequested' || payload.sender.type !== 'User')
    return `action ${payload.action}: nothing to do`;
  return planHead(deps, repository, { sha: payload.check_suite.head_sha, user: payload.sender.login });
}
