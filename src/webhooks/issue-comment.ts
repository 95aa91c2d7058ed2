import type { EmitterWebhookEvent } from '@octokit/webhooks';
import { handleComment } from '../commands/handle-comment.ts';
import type { Delivered, WebhookDeps } from './deps.ts';

/** Only what a person has just written: an edited comment may be edited by others, and bots obey nobody here. */
export async function onIssueComment(
  deps: WebhookDeps,
  { payload }: EmitterWebhookEvent<'issue_comment'>,
  { repository, receivedAt }: Delivered,
): Promise<string> {
  if (payload.action !== 'created') return `a comment was ${payload.action}: nothing to do`;
  const { comment, issue, sender } = payload;
  if (sender.type !== 'User' || comment.user?.login !== sender.login) return 'not a person: nothing to do';
  return handleComment(deps, repository, {
    id: comment.id,
    body: comment.body,
    author: sender.login,
    createdAt: new Date(comment.created_at),
    receivedAt,
    number: issue.number,
    onPullRequest: issue.pull_request !== undefined,
  });
}
