import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createFaults } from './faults.ts';
import type { SandboxOptions } from './github.ts';
import { createStore, timestamp } from './store.ts';
import { createWebhooks } from './webhooks.ts';
import type { World } from './world.ts';

/** A world without repositories. Its addresses are known only once it listens. */
export async function openWorld(options: SandboxOptions): Promise<World> {
  await mkdir(join(options.directory, 'home'), { recursive: true });
  const app = { ...options.app };
  const store = createStore();
  const faults = createFaults();
  const webhooks = createWebhooks({
    target: () => app.webhookUrl,
    secret: () => app.webhookSecret,
    appId: () => app.id,
    faults,
    nextId: store.nextId,
  });
  return {
    options: { ...options, directory: resolve(options.directory), app },
    ...{ url: '', apiUrl: '', startedAt: timestamp(), calls: [] },
    bot: { id: store.nextId(), login: `${options.app.slug}[bot]`, type: 'Bot' },
    ...{ store, faults, webhooks },
  };
}
