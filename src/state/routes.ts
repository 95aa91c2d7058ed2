import { createHash } from 'node:crypto';
import { type Context, Hono } from 'hono';
import type { StateCredential } from '../db/state-credentials.ts';
import { EnvelopeError } from '../secret/envelope.ts';
import type { Answer } from './answer.ts';
import { readBody } from './body.ts';
import { authenticate, ended } from './credentials.ts';
import { lock, unlock } from './locks.ts';
import { largestState, type StateStore, saveVersion, serveCurrentVersion } from './versions.ts';

export interface StateRoutesOptions extends StateStore {
  /** The largest state taken; 128 MiB if not given. */
  maxBytes?: number;
}

type State = Required<StateRoutesOptions>;

/**
 * Terraform's http state backend, for `TF_HTTP_ADDRESS`, `_LOCK_ADDRESS` and `_UNLOCK_ADDRESS` alike: `/<stack id>` with
 * GET, POST, LOCK and UNLOCK. To be mounted at `/state`.
 *
 * An engine takes 404, 204 and an empty 200 for "there is no state, create everything". So 204 is said only when the
 * database has said so; whatever goes wrong is 503, which engines try again.
 */
export function stateRoutes(options: StateRoutesOptions): Hono {
  const state: State = { maxBytes: largestState, ...options };
  const app = new Hono();
  const reading = (act: Act) => (c: Context) => asHolder(c, state, { act, needs: 'read' });
  const writing = (act: Act) => (c: Context) => asHolder(c, state, { act, needs: 'write' });
  app.get('/:stackId', reading(get));
  app.post('/:stackId', writing(post));
  app.on('LOCK', '/:stackId', writing(lockWith(lock)));
  app.on('UNLOCK', '/:stackId', writing(lockWith(unlock)));
  app.all('/:stackId', (c) => respond(c, notAllowed));
  app.all('*', (c) => respond(c, noSuchAddress));
  app.onError((error, c) => respond(c, explain(error, state)));
  return app;
}

const notAllowed: Answer = {
  status: 405,
  text: 'A state is read, saved, locked and unlocked here, and never deleted: its versions are kept. Destroy the resources with a destroy run.',
  headers: { allow: 'GET, POST, LOCK, UNLOCK' },
};

/** Not 404, which an engine would take for an empty state. */
const noSuchAddress: Answer = {
  status: 400,
  text: 'The address of a state is /state/ and the id of its stack. Runs are given the right one in TF_HTTP_ADDRESS.',
};

type Act = (c: Context, state: State, credential: StateCredential) => Promise<Response>;

/** A write with the token of an ended run goes on, to be refused with its bytes kept. */
async function asHolder(c: Context, state: State, { act, needs }: { act: Act; needs: 'read' | 'write' }) {
  const known = await authenticate(state.db, c.req.header('authorization'), c.req.param('stackId') ?? '');
  if (!known.ok) return respond(c, known.answer);
  const { credential } = known;
  if (credential.revoked && !(c.req.method === 'POST' && credential.access === 'write')) {
    return respond(c, ended(credential));
  }
  if (needs === 'write' && credential.access === 'read') {
    const text = `Run #${credential.runNumber} is planning: that may read the state and nothing else (plan with -lock=false).`;
    return respond(c, { status: 403, text });
  }
  return act(c, state, credential);
}

async function get(c: Context, state: State, credential: StateCredential): Promise<Response> {
  const served = await serveCurrentVersion(state, credential);
  if (!served) return respond(c, { status: 204, text: '' });
  const md5 = Buffer.from(served.version.md5, 'hex').toString('base64');
  return c.body(new Uint8Array(served.bytes), 200, { 'content-type': 'application/json', 'content-md5': md5 });
}

async function post(c: Context, state: State, credential: StateCredential): Promise<Response> {
  const body = await readBody(c, state.maxBytes);
  if (!body.ok) return respond(c, tooLarge(state.maxBytes, 'state'));
  const { bytes } = body;
  const expected = c.req.header('content-md5');
  if (expected !== undefined && expected !== createHash('md5').update(bytes).digest('base64')) {
    const text = `The body (${bytes.length} bytes) does not have the Content-MD5 it came with: it was damaged on the way. Send it again.`;
    return respond(c, { status: 400, text });
  }
  return respond(c, await saveVersion(state, { credential, bytes, lockId: c.req.query('ID') }));
}

const maxLockInfoBytes = 64 * 1024;

function lockWith(change: typeof lock): Act {
  return async (c, state, credential) => {
    const body = await readBody(c, maxLockInfoBytes);
    if (!body.ok) return respond(c, tooLarge(maxLockInfoBytes, 'lock info'));
    return respond(c, await change(state.db, credential, body.bytes));
  };
}

function tooLarge(limit: number, what: string): Answer {
  const size = limit >= 1024 * 1024 ? `${Math.floor(limit / 1024 / 1024)} MiB` : `${limit} bytes`;
  return {
    status: 413,
    text: `The ${what} is larger than ${size}, the most that is taken here. Nothing was saved. Split the stack into smaller ones.`,
    // The rest of the body is not read, so the connection cannot be used again.
    headers: { connection: 'close' },
  };
}

/** A database that is away or slow, mostly. A state that does not open is no matter of trying again. */
function explain(error: Error, { log }: State): Answer {
  log.error({ err: error }, 'a request for a state failed');
  if (error instanceof EnvelopeError)
    return { status: 500, text: `The stored state cannot be decrypted: ${error.message}` };
  return {
    status: 503,
    text: 'The state cannot be reached just now. Try again in a moment.',
    headers: { 'retry-after': '2' },
  };
}

function respond(c: Context, { status, text, headers }: Answer): Response {
  if (status === 204) return c.body(null, 204);
  return c.text(text, status, headers);
}
