import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';

type Fetch = Parameters<typeof getRequestListener>[0];

export interface Served {
  port: number;
  /** Takes no more connections; resolves when the requests under way are answered. */
  stop(): Promise<void>;
}

interface Where {
  port: number;
  /** Default: all addresses of the machine. */
  host?: string | undefined;
  /** How long a stop waits for requests that are under way. */
  patienceMs?: number;
}

/**
 * Longer than proxies keep a connection that is idle (nginx and AWS a minute, Traefik 90 seconds, Caddy two minutes,
 * Google ten): one that we end first may be ended just as they send a request on it, and a webhook is answered with 502.
 */
const keptIdleMs = 620_000;

/** A state that is sent comes within it, and is sent again if not; a page is fetched again. */
const patienceMs = 30_000;

/** Answers requests until it is told to stop. */
export async function serve(fetch: Fetch, where: Where): Promise<Served> {
  // HTTP/1.0 names no host, and HAProxy asks in it whether the server is ready.
  const hostname = where.host ?? 'localhost';
  const server = createServer({ keepAliveTimeout: keptIdleMs }, getRequestListener(fetch, { hostname }));
  const sockets = new Set<Socket>();
  const answers = new Set<ServerResponse>();
  let stopping = false;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', (_, answer) => {
    answers.add(answer);
    answer.once('close', () => {
      answers.delete(answer);
      if (stopping) endIdle();
    });
  });
  // Node's own counts a connection on which nothing was asked yet, as browsers open them ahead, among those at work.
  const endIdle = () => {
    const atWork = new Set([...answers].map(({ req }) => req.socket));
    for (const socket of sockets) if (!atWork.has(socket)) socket.destroySoon();
  };
  server.listen(where.port, where.host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      stopping = true;
      const closed = once(server, 'close');
      server.close();
      endIdle();
      const timer = setTimeout(() => server.closeAllConnections(), where.patienceMs ?? patienceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}
