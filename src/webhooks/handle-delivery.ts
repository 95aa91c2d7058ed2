import type { EmitterWebhookEvent, EmitterWebhookEventName } from '@octokit/webhooks';
import { findDelivery, finishDelivery } from '../db/deliveries.ts';
import { findRepository, type Repository, upsertRepository } from '../db/repositories.ts';
import { findRepositoryNow } from '../github/contents.ts';
import { onCheckRun } from './check-run.ts';
import { onCheckSuite } from './check-suite.ts';
import type { Delivered, WebhookDeps } from './deps.ts';
import { onInstallation, onInstallationRepositories } from './installation.ts';
import { onIssueComment } from './issue-comment.ts';
import { onMergeGroup } from './merge-group.ts';
import { onPullRequest } from './pull-request.ts';
import { onPush } from './push.ts';

/** Handles a stored webhook; throws to be tried again. */
export async function handleDelivery(deps: WebhookDeps, { deliveryId }: { deliveryId: string }): Promise<void> {
  const delivery = await findDelivery(deps.db, deliveryId);
  if (!delivery || delivery.handled_at) return;
  const payload: unknown = JSON.parse(delivery.payload.toString('utf8'));
  const event = { id: delivery.id, name: delivery.event, payload } as EmitterWebhookEvent;
  const outcome = await dispatch(deps, event, delivery.received_at);
  deps.log.info({ delivery: delivery.id, event: delivery.event, outcome }, 'webhook handled');
  await finishDelivery(deps.db, delivery.id, outcome);
}

type OnEvent<E extends EmitterWebhookEventName> = (
  deps: WebhookDeps,
  event: EmitterWebhookEvent<E>,
  at: Delivered,
) => Promise<string>;

/** The events we subscribe to that happen in a repository. */
const inRepository: { [E in EmitterWebhookEventName]?: OnEvent<E> } = {
  pull_request: onPullRequest,
  push: onPush,
  issue_comment: onIssueComment,
  check_run: onCheckRun,
  check_suite: onCheckSuite,
  merge_group: onMergeGroup,
};

async function dispatch(deps: WebhookDeps, event: EmitterWebhookEvent, receivedAt: Date): Promise<string> {
  if (event.name === 'installation') return onInstallation(deps, event);
  if (event.name === 'installation_repositories') return onInstallationRepositories(deps, event);
  const handler = inRepository[event.name] as OnEvent<EmitterWebhookEventName> | undefined;
  if (!handler) return 'not an event of ours';
  const repository = await seeRepository(deps, event.payload as RepositoryPayload);
  if (typeof repository === 'string') return repository;
  return handler(deps, event, { repository, deliveryId: event.id, receivedAt });
}

interface RepositoryPayload {
  installation?: { id: number };
  repository?: {
    id: number;
    name: string;
    full_name: string;
    owner: { login: string };
    default_branch?: string;
    private?: boolean;
  };
}

/**
 * The repository of a payload, by GitHub's own word: the signature proves that the body is GitHub's, but not that the
 * installation in it is the repository's, so the pair is looked up with that installation's token. A sentence when it
 * does not hold.
 */
async function seeRepository(deps: WebhookDeps, payload: RepositoryPayload): Promise<Repository | string> {
  const { installation, repository } = payload;
  if (!installation || !repository) return 'no installation or repository in it: dropped';
  const known = await findRepository(deps.db, repository.id);
  const [owner = '', name = ''] = repository.full_name.split('/');
  if (known && isAsDescribed(known, payload)) return known;
  const now = await findRepositoryNow(deps.github, { installationId: installation.id, owner, name });
  if (now?.id !== repository.id)
    return `installation ${installation.id} does not see repository ${repository.id}: dropped`;
  return upsertRepository(deps.db, {
    id: now.id,
    installationId: installation.id,
    account: now.owner.login,
    owner: now.owner.login,
    name: now.name,
    defaultBranch: now.default_branch,
    private: now.private,
  });
}

/** Nothing that we rest on has changed since it was looked up: a rename, a transfer, another default branch. */
function isAsDescribed(known: Repository, { installation, repository }: RepositoryPayload): boolean {
  return (
    known.installation_id === installation?.id &&
    `${known.owner}/${known.name}` === repository?.full_name &&
    known.default_branch === (repository.default_branch ?? known.default_branch) &&
    known.private === (repository.private ?? known.private) &&
    known.removed_at === null
  );
}
