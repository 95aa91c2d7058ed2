import type { EmitterWebhookEvent } from '@octokit/webhooks';
import { createCheck, findOwnCheck } from '../github/checks.ts';
import { orUnknownCommit, refOf, unknownCommit } from '../github/github.ts';
import { mergeGroupWords } from '../reports/words/notes.ts';
import type { Delivered, WebhookDeps } from './deps.ts';

/** A merge queue asks for the required check on a commit of its own; what it holds was planned on its pull requests. */
export async function onMergeGroup(
  deps: WebhookDeps,
  { payload }: EmitterWebhookEvent<'merge_group'>,
  { repository }: Delivered,
): Promise<string> {
  if (payload.action !== 'checks_requested') return `action ${payload.action}: nothing to do`;
  const about = { name: 'zenfra', headSha: payload.merge_group.head_sha };
  // The reply to an earlier try may have been lost.
  const found = await orUnknownCommit(findOwnCheck(deps.github, refOf(repository), { ...about, appId: deps.appId }));
  if (found === unknownCommit) return `commit ${about.headSha} is gone`;
  if (found) return 'answered the merge queue before';
  await createCheck(deps.github, refOf(repository), {
    ...about,
    detailsUrl: deps.publicUrl,
    status: 'completed',
    conclusion: 'success',
    ...mergeGroupWords(pullRequestIn(payload.merge_group.head_ref)),
    actions: [],
    annotations: [],
  });
  return 'answered the merge queue';
}

/** GitHub names the queue's branches `gh-readonly-queue/main/pr-42-<sha>`. */
function pullRequestIn(headRef: string): number | null {
  const found = /\/pr-(\d+)-[0-9a-f]+$/.exec(headRef);
  return found ? Number(found[1]) : null;
}
