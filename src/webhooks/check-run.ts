import type { EmitterWebhookEvent } from '@octokit/webhooks';
import { handleButton } from '../commands/handle-button.ts';
import { tellChecksAgain } from '../db/posted-checks.ts';
import { rerunChecks } from '../triggers/rerun-checks.ts';
import type { Delivered, WebhookDeps } from './deps.ts';

/** A button of one of our checks, or "Re-run" on it. */
export async function onCheckRun(
  deps: WebhookDeps,
  { payload }: EmitterWebhookEvent<'check_run'>,
  { repository, deliveryId }: Delivered,
): Promise<string> {
  const { check_run: check, sender } = payload;
  if (check.app?.id !== deps.appId) return 'another App’s check: nothing to do';
  if (sender.type !== 'User') return 'not a person: nothing to do';
  if (payload.action === 'requested_action') {
    const identifier = payload.requested_action?.identifier ?? '';
    return handleButton(deps, repository, {
      runId: check.external_id ?? '',
      identifier,
      author: sender.login,
      deliveryId,
    });
  }
  if (payload.action !== 'rerequested') return `action ${payload.action}: nothing to do`;
  const { external_id: runId, head_sha: headSha, name } = check;
  const outcome = runId
    ? await handleButton(deps, repository, { runId, identifier: 'plan_again', author: sender.login, deliveryId })
    : await rerunChecks(deps, repository, { sha: headSha, user: sender.login });
  await tellChecksAgain(deps.db, { repositoryId: repository.id, headSha, name });
  return outcome;
}
