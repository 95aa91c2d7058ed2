import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { createGitHubApp } from '../../src/github/app.ts';
import type { ContentLimit } from '../../src/github/budget.ts';
import { GitHub, type RepositoryRef } from '../../src/github/github.ts';

export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

export const infra: RepositoryRef = { installationId: 5, owner: 'acme', name: 'infra' };

/** Our client, and a server that answers whatever it is asked as the test wants. */
export async function answering(
  t: { after(end: () => void): void },
  answer: (request: IncomingMessage) => Answer,
  limits: readonly ContentLimit[] = [],
): Promise<{ github: GitHub; asked: string[]; tokens: { onMade?: () => void } }> {
  const asked: string[] = [];
  const tokens: { onMade?: () => void } = {};
  const server = createServer((request, response) => {
    if (request.url?.endsWith('/access_tokens')) {
      tokens.onMade?.();
      return send(response, token);
    }
    asked.push(`${request.method} ${request.url}`);
    request.resume();
    send(response, answer(request));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const settings = { appId: 1, privateKey, webhookSecret: 'x', apiUrl: `http://127.0.0.1:${port}` };
  return { github: new GitHub(createGitHubApp(settings, pino({ level: 'silent' })), limits), asked, tokens };
}

const token: Answer = {
  status: 201,
  body: { token: 'a token', expires_at: '2999-01-01T00:00:00Z', permissions: {}, repository_selection: 'all' },
};

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

function send(response: ServerResponse, { status, body = {}, headers = {} }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
