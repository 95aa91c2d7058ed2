import type { EmitterWebhookEvent } from '@octokit/webhooks';
import { notePusher } from '../db/commit-pushers.ts';
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
  const { before, after } = payload;
  const pusher = payload.sender?.login ?? payload.pusher.name ?? 'ghost';
  await notePusher(deps.db, { repositoryId: repository.id, commit: after, login: pusher });
  const branch = payload.ref.slice(branchPrefix.length);
  const { outcome } = await runPush(deps, repository, { branch, before, after, receivedAt, pusher });
  return outcome;
}
