import { createHash, randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import type { Kysely } from 'kysely';
import pino from 'pino';
import { connect } from '../../src/db/connect.ts';
import type { Database } from '../../src/db/schema.ts';
import { issueStateCredential, revokeStateCredentials } from '../../src/db/state-credentials.ts';
import { generateMasterKey, type MasterKey, parseMasterKey } from '../../src/secret/envelope.ts';
import { stateRoutes } from '../../src/state/routes.ts';
import { createTestDatabase } from '../support/database.ts';

export interface StateServer {
  db: Kysely<Database>;
  masterKey: MasterKey;
  /** Of all state addresses. */
  base: string;
  /** Lines of the log. */
  logged: string[];
  close(): Promise<void>;
}

export interface Holder {
  stackId: string;
  runId: string;
  username: string;
  password: string;
  address: string;
}

/** The routes behind real HTTP, on a database of their own or the one at `url`. */
export async function startStateServer(
  options: { maxBytes?: number; url?: string; queryTimeoutMs?: number } = {},
): Promise<StateServer> {
  const own = options.url === undefined ? await createTestDatabase() : undefined;
  const logged: string[] = [];
  const log = pino({}, { write: (line) => void logged.push(line) });
  const { db } = own ?? connect(options.url ?? '', log, { queryTimeoutMs: options.queryTimeoutMs });
  const masterKey = parseMasterKey(generateMasterKey());
  const { maxBytes } = options;
  const app = new Hono().route('/state', stateRoutes({ db, masterKey, log, ...(maxBytes && { maxBytes }) }));
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
  await new Promise((done) => server.once('listening', done));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/state`;
  const close = async () => {
    await new Promise((done) => server.close(done));
    await (own ? own.drop() : db.destroy());
  };
  return { db, masterKey, base, logged, close };
}

export async function addStack({ db }: StateServer): Promise<string> {
  const id = randomUUID();
  await db
    .insertInto('installations')
    .values({ id: 1, account: 'acme' })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await db
    .insertInto('repositories')
    .values({ id: 1, installation_id: 1, owner: 'acme', name: 'infra', default_branch: 'main', private: true })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await db
    .insertInto('stacks')
    .values({ id, repository_id: 1, name: `network-${id}`, path: 'network', branch: 'main', definition: '{}' })
    .execute();
  return id;
}

/** A new run of the stack, with its credential. */
export async function addRun(server: StateServer, stackId: string, access: 'read' | 'write'): Promise<Holder> {
  const runId = randomUUID();
  await server.db
    .insertInto('runs')
    .values({
      id: runId,
      stack_id: stackId,
      repository_id: 1,
      type: 'plan_only',
      trigger: 'page',
      triggered_by: 'kim',
      trigger_reason: 'kim asked for it',
      branch: 'main',
      commit_sha: 'a'.repeat(40),
      commit_title: 'Add a subnet',
    })
    .execute();
  return addCredential(server, { stackId, runId, access });
}

/** One more execution of a run. */
export async function addCredential(
  { db, base, masterKey }: StateServer,
  of: { stackId: string; runId: string; access: 'read' | 'write' },
): Promise<Holder> {
  const credential = await db.transaction().execute((trx) => issueStateCredential(trx, { ...of, masterKey }));
  return { ...credential, stackId: of.stackId, runId: of.runId, address: `${base}/${of.stackId}` };
}

export async function endRun({ db }: StateServer, holder: Holder): Promise<void> {
  await db.transaction().execute((trx) => revokeStateCredentials(trx, holder.runId));
}

export async function send(
  holder: Holder,
  method: string,
  options: { query?: string; body?: string | Buffer; headers?: Record<string, string> } = {},
): Promise<Response> {
  const { query = '', body, headers } = options;
  const authorization = `Basic ${Buffer.from(`${holder.username}:${holder.password}`).toString('base64')}`;
  return fetch(`${holder.address}${query}`, {
    method,
    headers: { authorization, ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : new Uint8Array(body) }),
  });
}

export async function lock(holder: Holder, id = 'lock-1'): Promise<Response> {
  return send(holder, 'LOCK', { body: lockInfo(id) });
}

export async function save(holder: Holder, body: string | Buffer, id = 'lock-1'): Promise<Response> {
  return send(holder, 'POST', { query: `?ID=${encodeURIComponent(id)}`, body, headers: { 'content-md5': md5(body) } });
}

/** As the engines send it. */
export function lockInfo(id: string): string {
  return JSON.stringify({
    ID: id,
    Operation: 'OperationTypeApply',
    Info: '',
    Who: 'worker@host',
    Version: '1.11.4',
    Created: '2026-01-01T00:00:00Z',
    Path: '',
  });
}

export function stateText(serial: number | string, lineage = 'lineage-1', outputs = '{}'): string {
  return `{"version": 4, "terraform_version": "1.11.4", "serial": ${serial}, "lineage": "${lineage}", "outputs": ${outputs}, "resources": []}`;
}

/** What OpenTofu's state encryption makes of a state (`encryption/state.go` of OpenTofu 1.7 and later). */
export function encryptedText(serial: number, lineage = 'lineage-1'): string {
  const meta = { 'key_provider.pbkdf2.mine': Buffer.from('{"salt":"AAAA"}').toString('base64') };
  return JSON.stringify({ serial, lineage, meta, encrypted_data: 'c2VhbGVk'.repeat(500), encryption_version: 'v0' });
}

export function md5(body: string | Buffer): string {
  return createHash('md5').update(body).digest('base64');
}
