import type { EmitterWebhookEvent } from '@octokit/webhooks';
import { runPush } from '../triggers/push.ts';
import type { Delivered, WebhookDeps } from './deps.ts';

const branchPrefix = 'refs/heads/';

export async function onPush(
  deps: WebhookDeps,
  { payload }: EmitterWebhookEvent<'push'>,
  { repository, receivedAt }: Delivered,
): Promise<string> {
  if (!payload.ref.startsWith(branchPrefix)) return 'a tag: nothing to do';
  if (payload.deleted) return 'a branch was deleted: nothing to do';
  const { outcome } = await runPush(deps, repository, {
    branch: payload.ref.slice(branchPrefix.length),
    before: payload.before,
    after: payload.after,
    receivedAt,
    pusher: payload.sender?.login ?? payload.pusher.name ?? 'ghost',
  });
  return outcome;
}
