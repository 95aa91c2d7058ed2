import type { Kysely } from 'kysely';
import type { Database } from '../db/schema.ts';
import { findStateCredential, type StateCredential } from '../db/state-credentials.ts';
import type { Answer } from './answer.ts';

export type Authenticated = { ok: true; credential: StateCredential } | { ok: false; answer: Answer };

/**
 * Who asks, by the Basic credential that the engine was given in its environment: the run's id and its token. A token
 * of a run that has ended is known but good for nothing; what it may still leave is for the routes to say.
 */
export async function authenticate(
  db: Kysely<Database>,
  authorization: string | undefined,
  stackId: string,
): Promise<Authenticated> {
  const given = parseBasic(authorization);
  const credential = given && (await findStateCredential(db, given.password));
  if (!credential || credential.runId !== given?.username) {
    const text = given
      ? 'This state credential is not known. Each execution of a run gets its own; outside of runs there is none.'
      : 'The state is given only to runs, with their own credential.';
    return { ok: false, answer: { status: 401, text, headers: { 'www-authenticate': 'Basic realm="Zenfra state"' } } };
  }
  if (credential.stackId !== stackId.toLowerCase()) {
    const text = `The credential of run #${credential.runNumber} is for another stack's state.`;
    return { ok: false, answer: { status: 403, text } };
  }
  return { ok: true, credential };
}

export function ended(credential: StateCredential): Answer {
  return {
    status: 403,
    text: `Run #${credential.runNumber} has ended, and with it its access to the state. Start a new run.`,
  };
}

function parseBasic(authorization: string | undefined): { username: string; password: string } | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/=_-]{1,1000})$/i.exec(authorization ?? '')?.[1];
  if (!encoded) return undefined;
  const decoded = Buffer.from(encoded, 'base64').toString();
  const colon = decoded.indexOf(':');
  return colon < 0 ? undefined : { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}
