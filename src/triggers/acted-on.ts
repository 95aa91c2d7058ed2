import type { ActedOn } from '../db/schema.ts';
import type { ListedPullRequest, PullRequestNow } from '../github/pull-requests.ts';

/** What is noted of a pull request once its runs were made for what it is now. */
export function actedOnNow(pull: ListedPullRequest, foundBySweep: boolean): Omit<ActedOn, 'at'> {
  const { headSha: head, baseRef: base, draft, state } = pull;
  return { head, base, draft, state, updatedAt: pull.updatedAt.toISOString(), foundBySweep };
}

/** Whether a pull request is still as it was when it was acted on. */
export function isActedOn(acted: ActedOn | null, pull: ListedPullRequest): boolean {
  if (!acted) return false;
  return (
    acted.head === pull.headSha &&
    acted.base === pull.baseRef &&
    acted.draft === pull.draft &&
    acted.state === pull.state
  );
}

/**
 * Whether the sweep has already found and acted on what a webhook tells. Comparing heads would not do: a pull request
 * that is closed and reopened, or whose branch goes forth and back, is planned each time.
 */
export function cameAfterSweep(acted: ActedOn | null, pull: PullRequestNow, webhookOf: Date): boolean {
  if (!acted?.foundBySweep || !isActedOn(acted, pull)) return false;
  return webhookOf.getTime() <= new Date(acted.updatedAt).getTime();
}
