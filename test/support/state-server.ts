import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StateAccess } from '../../src/execution/contract.ts';

/** What the engine asked: method and user name, such as `GET plan-1`. */
export interface StateServer {
  requests: string[];
  state(): Buffer | null;
  lock(): string | null;
  /** Refuses every save with this status from now on. */
  failSaves(status: number): void;
  access(username: string): StateAccess;
  close(): Promise<void>;
}

/** The smallest server that the engine's http backend is content with: one state, one lock, any password that fits. */
export async function startStateServer(): Promise<StateServer> {
  let state: Buffer | null = null;
  let lock: string | null = null;
  let saveStatus = 200;
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await readBody(request);
    const [username = '', password = ''] = credentialOf(request);
    requests.push(`${request.method} ${username}`);
    const answer = (status: number, content?: Buffer | string) => response.writeHead(status).end(content);
    if (password !== `password of ${username}`) return answer(403);
    if (request.method === 'GET') return state === null ? answer(204) : answer(200, state);
    if (request.method === 'LOCK' && lock !== null) return answer(423, lock);
    if (request.method === 'LOCK') lock = body.toString();
    if (request.method === 'UNLOCK') lock = null;
    if (request.method === 'POST' && saveStatus !== 200) return answer(saveStatus);
    if (request.method === 'POST') state = body;
    return answer(200);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    requests,
    state: () => state,
    lock: () => lock,
    failSaves(status) {
      saveStatus = status;
    },
    access: (username) => ({
      address: `http://127.0.0.1:${port}/state`,
      username,
      password: `password of ${username}`,
    }),
    close: () => closeServer(server),
  };
}

function credentialOf(request: IncomingMessage): string[] {
  const [, encoded = ''] = (request.headers.authorization ?? '').split(' ');
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  return [text.slice(0, colon), text.slice(colon + 1)];
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
