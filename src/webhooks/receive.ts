import { type Context, Hono } from 'hono';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { storeDelivery } from '../db/deliveries.ts';
import type { Database } from '../db/schema.ts';
import type { GitHub } from '../github/github.ts';
import { bodyReader } from './body.ts';
import { meaningOf } from './meaning.ts';
import { checkShape } from './shape.ts';

/** GitHub caps a webhook's payload at 25 MB and sends none that is larger (docs: "Webhook events and payloads"). */
const maxBytes = 25 * 1024 * 1024;
/** Few webhooks are longer: pushes of a thousand commits and more. */
const smallBytes = 1024 * 1024;
const mostHeld = 8 * maxBytes;

/** Where Probot's users expect it. */
export const webhookPath = '/api/github/webhooks';

interface ReceiveDeps {
  db: Kysely<Database>;
  github: GitHub;
  log: Logger;
}

/**
 * Takes a webhook in: checks its signature, stores it and the job that will handle it, answers 202. Nothing is handled
 * while GitHub waits (it gives up after ten seconds and does not come back).
 */
export function webhookRoutes(deps: ReceiveDeps): Hono {
  const routes = new Hono();
  const readBody = bodyReader({ maxBytes, smallBytes, mostHeld });
  routes.post('/', (c) => {
    const id = c.req.header('x-github-delivery') ?? '';
    const event = c.req.header('x-github-event') ?? '';
    if (!/^[\w-]{1,100}$/.test(id))
      return c.text('X-GitHub-Delivery must be an id of at most 100 letters, digits and dashes.', 400);
    if (!/^[\w-]{1,100}$/.test(event)) return c.text('X-GitHub-Event must name an event.', 400);
    if (!c.req.header('content-type')?.startsWith('application/json')) {
      return c.text('Set the webhook’s content type to application/json.', 415);
    }
    return readBody(c, (body) => takeIn(c, deps, { id, event, body }));
  });
  routes.onError((error, c) => {
    deps.log.error({ err: error }, 'a webhook could not be stored');
    return c.text('The webhook could not be stored just now. Send it again.', 503, { 'retry-after': '10' });
  });
  routes.all('/', (c) => c.text('Webhooks are sent with POST.', 405, { allow: 'POST' }));
  return routes;
}

interface Received {
  id: string;
  event: string;
  body: Buffer;
}

async function takeIn(c: Context, { db, github, log }: ReceiveDeps, { id, event, body }: Received): Promise<Response> {
  const signature = c.req.header('x-hub-signature-256') ?? '';
  const text = body.toString('utf8');
  if (body.length === 0) return c.text('The body is empty.', 400);
  if (!/^sha256=[0-9a-f]{64}$/.test(signature) || !(await github.app.webhooks.verify(text, signature))) {
    return c.text('The signature does not fit: is the webhook secret the same here and in the App’s settings?', 401);
  }
  const checked = checkShape(event, text);
  if (checked === 'ignored') return c.text('Not an event that is used here.', 202);
  if ('problem' in checked) return c.text(checked.problem, 400);
  const meaning = meaningOf(event, checked.payload);
  const isNew = await storeDelivery(db, { id, event, payload: body, meaning });
  log.debug({ delivery: id, event, isNew }, 'webhook received');
  return c.text(isNew ? 'Stored.' : 'This delivery is known already.', 202);
}
