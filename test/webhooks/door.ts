import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import { Hono } from 'hono';
import { pino } from 'pino';
import { createGitHubApp } from '../../src/github/app.ts';
import { GitHub } from '../../src/github/github.ts';
import { webhookPath, webhookRoutes } from '../../src/webhooks/receive.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

export const secret = 'a secret of the tests';

export interface Door extends TestDatabase {
  port: number;
  url: string;
}

/** What takes webhooks in, on a real port and a real database. Nobody handles what it stores. */
export async function openDoor(t: { after(end: () => Promise<void>): void }): Promise<Door> {
  const database = await createTestDatabase();
  const log = pino({ level: 'silent' });
  const routes = new Hono();
  routes.route(
    webhookPath,
    webhookRoutes({ db: database.db, github: new GitHub(createGitHubApp(settings(), log)), log }),
  );
  const server = await new Promise<ServerType>((resolve) => {
    const made: ServerType = serve({ fetch: routes.fetch, port: 0, hostname: '127.0.0.1' }, () => resolve(made));
  });
  t.after(async () => {
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await database.drop();
  });
  const { port } = server.address() as AddressInfo;
  return { ...database, port, url: `http://127.0.0.1:${port}${webhookPath}` };
}

function settings() {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { appId: 1, privateKey, webhookSecret: secret, apiUrl: 'http://127.0.0.1:9' };
}

export function signatureOf(body: string | Uint8Array, key = secret): string {
  return `sha256=${createHmac('sha256', key).update(body).digest('hex')}`;
}

export type Headers = Record<string, string | undefined>;

/** The headers that GitHub sends with a body, with others in their place. Undefined leaves one out. */
export function headersFor(
  event: string,
  body: string | Uint8Array,
  others: Headers = {},
  key = secret,
): Record<string, string> {
  const headers: Headers = {
    'content-type': 'application/json',
    'x-github-event': event,
    'x-github-delivery': randomUUID(),
    'x-hub-signature-256': signatureOf(body, key),
    ...others,
  };
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Sends a webhook as GitHub does; the answer's status and text. */
export async function deliver(
  url: string,
  event: string,
  sent: { body: string | object; headers?: Headers; key?: string },
): Promise<{ status: number; text: string }> {
  const body = typeof sent.body === 'string' ? sent.body : JSON.stringify(sent.body);
  const headers = headersFor(event, body, sent.headers, sent.key);
  // A connection of its own: after a body that it does not read the server ends the one it came by.
  const answer = await fetch(url, { method: 'POST', headers: { ...headers, connection: 'close' }, body });
  return { status: answer.status, text: await answer.text() };
}

/** Sends a body of unknown length, piece by piece, until it is all sent or the other side has answered. */
export async function deliverInPieces(
  url: string,
  headers: Record<string, string>,
  pieces: Iterable<Buffer>,
): Promise<{ status: number; sentBytes: number }> {
  const sending = request(url, { method: 'POST', headers });
  let answered: IncomingMessage | undefined;
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    sending.once('response', (response) => {
      answered = response;
      resolve(response);
    });
    sending.once('error', (error) => answered ?? reject(error));
  });
  let sentBytes = 0;
  for (const piece of pieces) {
    if (answered) break;
    sentBytes += piece.length;
    if (!sending.write(piece)) await Promise.race([answer, new Promise((resolve) => sending.once('drain', resolve))]);
  }
  sending.end();
  const { statusCode = 0 } = await answer;
  sending.destroy();
  return { status: statusCode, sentBytes };
}
