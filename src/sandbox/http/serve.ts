import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { getRequestListener, type ServerType } from '@hono/node-server';
import { Hono } from 'hono';
import { pages } from '../pages/index.tsx';
import { codeload } from '../routes/codeload.ts';
import { apiRoutes } from '../routes/index.ts';
import type { World } from '../world.ts';
import { dressAnswers } from './answer.ts';
import { ApiError, notFound } from './api-error.ts';
import { authenticate } from './auth.ts';
import type { SandboxEnv } from './env.ts';
import { recordCalls } from './record.ts';

const API = '/api/v3';

/** Serves API, archives and pages of a world on loopback. */
export async function serveWorld(world: World): Promise<Server> {
  const app = new Hono<SandboxEnv>();
  app.route(API, api(world));
  app.route('/', codeload(world));
  app.route('/', pages(world));
  app.notFound((c) => c.text('There is no such page.', 404));
  const server = createServer(getRequestListener(app.fetch));
  server.listen(world.options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Stops a server at once, connections that are kept alive included. */
export async function closeServer(server: ServerType): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  if ('closeAllConnections' in server) server.closeAllConnections();
  await closed;
}

function api(world: World): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();
  app.use(recordCalls(world, API));
  app.use(dressAnswers());
  app.use(async (c, next) => {
    c.set('caller', authenticate(world, c.req.header('authorization')));
    await next();
  });
  for (const routes of apiRoutes) routes(app, world);
  app.all('*', () => {
    throw notFound();
  });
  app.onError((error, c) => {
    const known = error instanceof ApiError ? error : new ApiError(500, `The sandbox failed: ${error.stack}`);
    return c.json(known.toBody(), known.status);
  });
  return app;
}
