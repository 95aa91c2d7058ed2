import { nodeId } from '../shapes/node-id.ts';
import { fullRepository } from '../shapes/repository.ts';
import { simpleUser } from '../shapes/user.ts';
import type { Account, Repository } from '../store.ts';
import type { World } from '../world.ts';

interface Event {
  event: string;
  sender: Account;
  payload: Record<string, unknown>;
}

/** Sends a repository's webhook to the App, with what all of them carry; nothing if it is not installed there. */
export function notify(world: World, repository: Repository, { event, sender, payload }: Event): void {
  const { installation } = repository;
  if (!installation) return;
  const organization = repository.owner.type === 'Organization';
  world.webhooks.send({
    event,
    payload: {
      ...payload,
      repository: payload.repository ?? fullRepository(world, repository),
      ...(organization ? { organization: simpleUser(world, repository.owner) } : {}),
      sender: simpleUser(world, sender),
      installation: { id: installation.id, node_id: nodeId('Installation', installation.id) },
    },
    installationId: installation.id,
    repositoryId: repository.id,
  });
}
