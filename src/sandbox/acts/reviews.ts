import type { Account, PullRequest, Review } from '../store.ts';
import { timestamp } from '../store.ts';
import type { World } from '../world.ts';

/** Reviews a pull request as it is now. Returns the review's id. */
export function reviewPull(
  world: World,
  review: { pull: PullRequest; by: Account; state: Review['state']; body?: string },
): number {
  const { pull, by, state, body } = review;
  const id = world.store.nextId();
  pull.reviews.push({ id, author: by, state, body: body ?? '', commit: pull.head.sha, submittedAt: timestamp() });
  return id;
}
