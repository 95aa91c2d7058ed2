import { randomUUID } from 'node:crypto';
import type { SandboxRepository } from '../../src/sandbox/github.ts';
import { until } from '../../src/sandbox/story/until.ts';
import { webhookPath } from '../../src/webhooks/receive.ts';
import type { Scene } from '../support/scene.ts';
import { deliver } from './door.ts';

/** Sends a signed webhook under a new delivery id and waits until it is handled: what came of it, or the answer if it was not stored. */
export async function handIn(scene: Scene, event: string, body: object): Promise<string> {
  const id = randomUUID();
  const url = scene.url + webhookPath;
  const sent = { body, headers: { 'x-github-delivery': id }, key: scene.stage.webhookSecret };
  const { text } = await deliver(url, event, sent);
  return text === 'Stored.' ? outcomeOf(scene, id) : text;
}

async function outcomeOf(scene: Scene, id: string): Promise<string> {
  const find = () => scene.db.selectFrom('deliveries').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  return until(scene.signal, {
    expected: `delivery ${id} to be handled`,
    look: async () => (await find()).outcome ?? undefined,
    seen: async () => `the ${(await find()).event} that is not handled`,
  });
}

/** The webhooks that the sandbox has sent for a repository, oldest first. */
export function sentFor(scene: Scene, repository: SandboxRepository, event: string): Record<string, unknown>[] {
  return scene.sandbox.deliveries
    .filter((delivery) => delivery.event === event && delivery.repositoryId === repository.id)
    .map(({ payload }) => payload);
}
