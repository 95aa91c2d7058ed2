import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands before Zenfra for its engines, and can refuse what they save. */
export interface StateFront {
  url: string;
  /** Answers each save with this status, which engines do not try again. */
  refuseSaves(status: 400 | 409): void;
  /** The bodies of the saves that were refused. */
  refused: Buffer[];
  close(): Promise<void>;
}

export async function openStateFront(behind: () => string): Promise<StateFront> {
  const refused: Buffer[] = [];
  let status: number | null = null;
  const server = createServer(async (request, response) => {
    const body = await readBody(request);
    if (status !== null && request.method === 'POST') {
      refused.push(body);
      return response.writeHead(status).end();
    }
    const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
      typeof value === 'string' && name !== 'host' && name !== 'content-length' ? [[name, value]] : [],
    );
    const { method = 'GET' } = request;
    const answer = await fetch(`${behind()}${request.url}`, {
      method,
      headers,
      ...(method === 'GET' ? {} : { body: new Uint8Array(body) }),
    }).catch(() => undefined);
    if (!answer) return response.writeHead(503).end();
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' });
    return response.end(Buffer.from(await answer.arrayBuffer()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refused,
    refuseSaves(given) {
      status = given;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
