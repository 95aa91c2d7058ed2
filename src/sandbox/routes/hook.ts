import type { components } from '@octokit/openapi-types';
import { notFound } from '../http/api-error.ts';
import { numberParam } from '../http/env.ts';
import { paginate } from '../http/paginate.ts';
import type { Delivery } from '../webhooks.ts';
import { requireApp } from './app.ts';
import type { Routes } from './index.ts';

/** The deliveries of the App's webhooks: to be looked through for lost ones, and sent again. */
export const hookRoutes: Routes = (app, world) => {
  const find = (id: number): Delivery => {
    const found = world.webhooks.deliveries.find((delivery) => delivery.id === id && delivery.status !== 'dropped');
    if (!found) throw notFound();
    return found;
  };
  app.get('/app/hook/config', (c) => {
    requireApp(c);
    const { webhookUrl: url } = world.options.app;
    return c.json({ url, content_type: 'json', insecure_ssl: '0', secret: '********' });
  });
  app.get('/app/hook/deliveries', (c) => {
    requireApp(c);
    const done = world.webhooks.deliveries.filter(
      (delivery) => delivery.status === 'answered' || delivery.status === 'failed',
    );
    return c.json(paginate(c, done.toReversed()).map(deliveryItem));
  });
  app.get('/app/hook/deliveries/:id', (c) => {
    requireApp(c);
    const delivery = find(numberParam(c, 'id'));
    const answer: components['schemas']['hook-delivery'] = {
      ...deliveryItem(delivery),
      request: { headers: delivery.headers, payload: delivery.payload },
      response: { headers: {}, payload: delivery.response },
    };
    return c.json(answer);
  });
  app.post('/app/hook/deliveries/:id/attempts', (c) => {
    requireApp(c);
    world.webhooks.redeliver(find(numberParam(c, 'id')).id);
    return c.json({}, 202);
  });
};

function deliveryItem(delivery: Delivery): components['schemas']['hook-delivery-item'] {
  const ok = delivery.statusCode >= 200 && delivery.statusCode < 300;
  return {
    id: delivery.id,
    guid: delivery.guid,
    delivered_at: delivery.at,
    redelivery: delivery.redelivery,
    duration: Math.round(delivery.ms) / 1000,
    status: ok ? 'OK' : delivery.status === 'failed' ? 'failed to connect to host' : 'Invalid HTTP Response',
    status_code: delivery.statusCode,
    event: delivery.event,
    action: delivery.action,
    installation_id: delivery.installationId,
    repository_id: delivery.repositoryId,
  };
}
