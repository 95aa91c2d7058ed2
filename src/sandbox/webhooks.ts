import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultList } from './faults.ts';
import { timestamp } from './store.ts';

/** One attempt at delivering a webhook. */
export interface Delivery {
  id: number;
  /** X-GitHub-Delivery: the same for a redelivery. */
  guid: string;
  event: string;
  action: string | null;
  payload: Record<string, unknown>;
  installationId: number | null;
  repositoryId: number | null;
  /** `dropped` by a fault, `failed` without an answer in time. */
  status: 'pending' | 'answered' | 'failed' | 'dropped';
  /** What the receiver answered; 0 until then. */
  statusCode: number;
  response: string;
  headers: Record<string, string>;
  redelivery: boolean;
  at: string;
  ms: number;
}

export type WebhookDraft = Pick<Delivery, 'event' | 'payload' | 'installationId' | 'repositoryId'>;

export interface Webhooks {
  deliveries: Delivery[];
  send(webhook: WebhookDraft): Delivery;
  redeliver(id: number): Delivery;
  /** Resolves when everything queued so far, and what that brought about, has been answered. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

interface WebhookOptions {
  target: () => string;
  secret: () => string;
  appId: () => number;
  faults: FaultList;
  nextId: () => number;
}

const ANSWER_WITHIN_MS = 10_000;
const MAX_PAYLOAD_BYTES = 25 * 1024 * 1024;

/**
 * Delivers signed webhooks one after the other, each once: like GitHub it waits ten seconds for an answer and does not
 * try again. Unlike GitHub it keeps the order, so that a test is repeatable; faults bring disorder on demand.
 */
export function createWebhooks(options: WebhookOptions): Webhooks {
  const deliveries: Delivery[] = [];
  const under = new Set<Promise<void>>();
  let line: Promise<void> = Promise.resolve();
  let stopped = false;

  function track(work: Promise<void>): void {
    under.add(work);
    work.finally(() => under.delete(work));
  }

  function enqueue(delivery: Delivery): void {
    line = line.then(() => (stopped ? undefined : attempt(delivery, options)));
    track(line);
  }

  function route(delivery: Delivery): void {
    const fault = options.faults.takeDelivery(delivery);
    if (fault?.does === 'drop') delivery.status = 'dropped';
    else if (fault?.does === 'delay') track(sleep(fault.delayMs ?? 200).then(() => attempt(delivery, options)));
    else enqueue(delivery);
    if (fault?.does === 'duplicate') enqueue(record(deliveries, { ...delivery, id: options.nextId() }));
  }

  return {
    deliveries,
    send(webhook) {
      const delivery = record(deliveries, draft(webhook, options));
      route(delivery);
      return delivery;
    },
    redeliver(id) {
      const earlier = deliveries.find((delivery) => delivery.id === id);
      if (!earlier) throw new Error(`There was no delivery ${id}`);
      const again = { ...draft(earlier, options), guid: earlier.guid, redelivery: true };
      record(deliveries, again);
      enqueue(again);
      return again;
    },
    async idle() {
      while (under.size > 0) await Promise.all(under);
    },
    async stop() {
      stopped = true;
      await line;
    },
  };
}

function record(deliveries: Delivery[], delivery: Delivery): Delivery {
  deliveries.push(delivery);
  return delivery;
}

function draft(webhook: WebhookDraft, options: WebhookOptions): Delivery {
  const { event, payload, installationId, repositoryId } = webhook;
  const action = typeof payload.action === 'string' ? payload.action : null;
  return {
    ...{ id: options.nextId(), guid: randomUUID(), event, action, payload, installationId, repositoryId },
    ...{ status: 'pending', statusCode: 0, response: '', headers: {}, redelivery: false, at: timestamp(), ms: 0 },
  };
}

async function attempt(delivery: Delivery, options: WebhookOptions): Promise<void> {
  const body = JSON.stringify(delivery.payload);
  // GitHub does not send what is larger.
  if (Buffer.byteLength(body) > MAX_PAYLOAD_BYTES) {
    delivery.status = 'dropped';
    return;
  }
  delivery.headers = headersOf(delivery, body, options);
  const started = performance.now();
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const init: RequestInit = { method: 'POST', headers: delivery.headers, body, signal, redirect: 'manual' };
    const answer = await fetch(options.target(), init);
    delivery.response = (await answer.text()).slice(0, 10_000);
    delivery.statusCode = answer.status;
    delivery.status = 'answered';
  } catch (error) {
    delivery.status = 'failed';
    delivery.response = String(error);
  }
  delivery.ms = performance.now() - started;
}

function headersOf(delivery: Delivery, body: string, options: WebhookOptions): Record<string, string> {
  const sign = (algorithm: string) => createHmac(algorithm, options.secret()).update(body).digest('hex');
  return {
    accept: '*/*',
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/sandbox',
    'x-github-delivery': delivery.guid,
    'x-github-event': delivery.event,
    'x-github-hook-id': String(options.appId()),
    'x-github-hook-installation-target-id': String(options.appId()),
    'x-github-hook-installation-target-type': 'integration',
    'x-hub-signature': `sha1=${sign('sha1')}`,
    'x-hub-signature-256': `sha256=${sign('sha256')}`,
  };
}
