import { createHash, randomUUID } from 'node:crypto';
import type { Next } from 'hono';
import type { ApiContext } from './env.ts';

const LIMIT = 5000;
const HOUR_MS = 3_600_000;

/**
 * Adds what every answer of GitHub carries: a request id, the rate limit, and an ETag, by which an unchanged answer
 * shrinks to a 304 that does not count against the limit.
 */
export function dressAnswers() {
  const used = new Map<string, { count: number; resetAt: number }>();
  return async (c: ApiContext, next: Next): Promise<void> => {
    await next();
    const unchanged = await addEtag(c);
    const quota = quotaOf(used, callerKey(c));
    if (!unchanged) quota.count++;
    const headers = c.res.headers;
    headers.set('x-github-request-id', randomUUID().slice(0, 18).toUpperCase());
    headers.set('x-github-media-type', 'github.v3; format=json');
    headers.set('x-ratelimit-limit', String(LIMIT));
    headers.set('x-ratelimit-remaining', String(Math.max(0, LIMIT - quota.count)));
    headers.set('x-ratelimit-used', String(quota.count));
    headers.set('x-ratelimit-reset', String(Math.ceil(quota.resetAt / 1000)));
    headers.set('x-ratelimit-resource', 'core');
  };
}

async function addEtag(c: ApiContext): Promise<boolean> {
  if (c.req.method !== 'GET' || c.res.status !== 200) return false;
  const body = await c.res.clone().arrayBuffer();
  const etag = `W/"${createHash('sha256').update(new Uint8Array(body)).digest('hex')}"`;
  if (c.req.header('if-none-match') === etag) {
    c.res = new Response(null, { status: 304, headers: { etag } });
    return true;
  }
  c.res.headers.set('etag', etag);
  return false;
}

function callerKey(c: ApiContext): string {
  const caller = c.get('caller');
  if (caller?.kind === 'installation') return `installation ${caller.installation.id}`;
  return caller?.kind === 'user' ? `user ${caller.account.id}` : (caller?.kind ?? 'anonymous');
}

function quotaOf(used: Map<string, { count: number; resetAt: number }>, key: string) {
  const now = Date.now();
  const known = used.get(key);
  if (known && known.resetAt > now) return known;
  const fresh = { count: 0, resetAt: now + HOUR_MS };
  used.set(key, fresh);
  return fresh;
}
