import type { EmitterWebhookEvent } from '@octokit/webhooks';
import { tellChecksAgain } from '../db/posted-checks.ts';
import { rerunChecks } from '../triggers/rerun-checks.ts';
import type { Delivered, WebhookDeps } from './deps.ts';

/** "Re-run all checks". */
export async function onCheckSuite(
  deps: WebhookDeps,
  { payload }: EmitterWebhookEvent<'check_suite'>,
  { repository }: Delivered,
): Promise<string> {
  if (payload.action !== 'rerequested' || payload.sender.type !== 'User')
    return `action ${payload.action}: nothing to do`;
  const { head_sha: headSha } = payload.check_suite;
  const outcome = await rerunChecks(deps, repository, { sha: headSha, user: payload.sender.login });
  await tellChecksAgain(deps.db, { repositoryId: repository.id, headSha });
  return outcome;
}
