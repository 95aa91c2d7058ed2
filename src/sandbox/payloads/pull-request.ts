import { fullPull } from '../shapes/pull-request.ts';
import type { Account, PullRequest, Repository } from '../store.ts';
import type { World } from '../world.ts';
import { notify } from './notify.ts';

export type PullAction =
  | 'opened'
  | 'synchronize'
  | 'reopened'
  | 'closed'
  | 'edited'
  | 'ready_for_review'
  | 'converted_to_draft'
  | 'locked'
  | 'unlocked';

interface PullEvent {
  action: PullAction;
  sender: Account;
  /** What only this action carries: `before` and `after`, or `changes`. */
  more?: Record<string, unknown>;
}

/** Sends `pull_request`. */
export async function notifyPull(
  world: World,
  repository: Repository,
  pull: PullRequest,
  event: PullEvent,
): Promise<void> {
  const { action, sender, more } = event;
  const payload = { action, number: pull.number, pull_request: await fullPull(world, repository, pull), ...more };
  notify(world, repository, { event: 'pull_request', sender, payload });
}
