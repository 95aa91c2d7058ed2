import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Octokit } from '@octokit/rest';
import { type NewRepository, type Sandbox, type SandboxRepository, startSandbox } from '../../src/sandbox/github.ts';

export const WEBHOOK_SECRET = 'a secret of the tests';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** A webhook as it came in. */
export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
  payload: Record<string, unknown>;
}

export interface Opened {
  sandbox: Sandbox;
  received: Received[];
  /** A client with a token of the repository's installation. */
  clientFor(repo: SandboxRepository): Promise<Octokit>;
  /** A client that is the App itself. */
  app: Octokit;
  close(): Promise<void>;
}

/** A sandbox with an App whose webhooks arrive at a real server. */
export async function openSandbox(): Promise<Opened> {
  const directory = await mkdtemp(join(tmpdir(), 'zenfra-sandbox-'));
  const received: Received[] = [];
  const receiver = createServer(async (request, response) => {
    const body = (await request.toArray()).join('');
    received.push({ headers: request.headers, body, payload: JSON.parse(body) });
    response.writeHead(202).end('taken');
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const { port } = receiver.address() as AddressInfo;
  const sandbox = await startSandbox({
    directory,
    app: {
      ...{ id: 7, slug: 'zenfra', clientId: 'Iv1.test', clientSecret: 'hush' },
      publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      webhookUrl: `http://127.0.0.1:${port}/hooks`,
      webhookSecret: WEBHOOK_SECRET,
    },
  });
  const app = clientWith(sandbox, appJwt({}));
  return {
    ...{ sandbox, received, app },
    async clientFor(repo) {
      const wanted = { installation_id: repo.installationId ?? 0 };
      return clientWith(sandbox, (await app.rest.apps.createInstallationAccessToken(wanted)).data.token);
    },
    async close() {
      await sandbox.idle();
      await sandbox.stop();
      receiver.close();
      receiver.closeAllConnections();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A client that says what it is told to, and does not print errors. */
export function clientWith(sandbox: Sandbox, auth: string): Octokit {
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  return new Octokit({ baseUrl: sandbox.apiUrl, auth, log: quiet });
}

/** A JWT of the App, with other claims in place of the usual ones. */
export function appJwt(claims: Record<string, unknown>): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iat: now - 30, exp: now + 300, iss: '7', ...claims })}`;
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), privateKey).toString('base64url')}`;
}

/** A repository of two stacks that kim may write to and lee may read. */
export async function createInfra(sandbox: Sandbox, more: Partial<NewRepository> = {}): Promise<SandboxRepository> {
  const files = { 'network/main.tf': 'count = 1\n', 'dns/main.tf': 'ttl = 60\n', 'README.md': '# Infra\n' };
  const repo = await sandbox.createRepository({ owner: 'acme', name: 'infra', files, ...more });
  sandbox.setPermission(repo, 'kim', 'write');
  sandbox.setPermission(repo, 'lee', 'read');
  return repo;
}

/** Opens a pull request that changes the network stack. */
export async function openChange(sandbox: Sandbox, repo: SandboxRepository): Promise<number> {
  const files = { 'network/main.tf': 'count = 2\n' };
  await sandbox.commit(repo, { branch: 'bigger', files, message: 'Run two instances', author: 'kim' });
  return sandbox.openPullRequest(repo, { title: 'Run two instances', head: 'bigger', base: 'main', author: 'kim' });
}

/** How Octokit names a repository. */
export function named(repo: SandboxRepository): { owner: string; repo: string } {
  return { owner: repo.owner, repo: repo.name };
}
