import { setTimeout as sleep } from 'node:timers/promises';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Next } from 'hono';
import type { CallFault } from '../faults.ts';
import type { World } from '../world.ts';
import type { ApiContext } from './env.ts';

/** One call of the API. */
export interface RecordedCall {
  method: string;
  /** Without `/api/v3`, without the query. */
  path: string;
  query: string;
  /** 0 if the answer was lost on purpose. */
  status: number;
  /** How long the sandbox took. */
  ms: number;
  /** Milliseconds since 1970. */
  at: number;
  /** The JSON that was sent, if any. */
  body?: unknown;
}

/** Records every call, and has the faults that were asked for. */
export function recordCalls(world: World, prefix: string) {
  return async (c: ApiContext, next: Next): Promise<Response | undefined> => {
    const started = performance.now();
    const url = new URL(c.req.url);
    const call: RecordedCall = {
      ...{ method: c.req.method, path: url.pathname.slice(prefix.length), query: url.search.slice(1) },
      ...{ status: 0, ms: 0, at: Date.now() },
    };
    world.calls.push(call);
    const body = await sentJson(c);
    if (body !== undefined) call.body = body;
    const fault = world.faults.takeCall({ method: call.method, path: call.path, body });
    if (fault?.hangUpUntil) {
      c.env.outgoing.destroy();
      await fault.hangUpUntil;
    }
    if (fault?.delayMs) await sleep(fault.delayMs);
    const refusal = fault?.status === undefined ? undefined : refuse(c, fault, fault.status);
    if (!refusal) await next();
    call.ms = performance.now() - started;
    if (fault?.loseReply || fault?.hangUpUntil) {
      c.env.outgoing.destroy();
      c.res = RESPONSE_ALREADY_SENT;
      return undefined;
    }
    call.status = (refusal ?? c.res).status;
    return refusal;
  };
}

async function sentJson(c: ApiContext): Promise<unknown> {
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return undefined;
  const text = await c.req.text();
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refuse(c: ApiContext, fault: CallFault, status: number): Response {
  const message = fault.message ?? (status >= 500 ? 'Server Error' : 'Refused by the sandbox, as it was asked to');
  for (const [name, value] of Object.entries(fault.headers ?? {})) c.header(name, value);
  return c.json({ message, documentation_url: 'https://docs.github.com/rest' }, status as 500);
}
