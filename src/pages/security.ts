import type { MiddlewareHandler } from 'hono';
import { isLoopback } from '../access/loopback.ts';

/** No inline script or style, nothing from elsewhere, no frames. `connect-src` is for the page's own refresh. */
function policyWith(formsTo: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    `form-action 'self' ${formsTo}`.trim(),
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
}

/** Headers of every answer of the pages. `formsTo`: another origin that a form may be sent to. */
export function securityHeaders({ formsTo = '' } = {}): MiddlewareHandler {
  const policy = policyWith(formsTo);
  return async (c, next) => {
    await next();
    c.header('Content-Security-Policy', policy);
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('X-Frame-Options', 'DENY');
    // Not `no-referrer`: with it browsers send `Origin: null` with our own forms.
    c.header('Referrer-Policy', 'same-origin');
    c.header('Cross-Origin-Opener-Policy', 'same-origin');
    c.header('Cross-Origin-Resource-Policy', 'same-origin');
    c.header('Permissions-Policy', 'camera=(), geolocation=(), microphone=()');
    // Going back, a browser shows what it has kept and does not ask: also to whoever comes after who has signed out.
    if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'private, no-store');
  };
}

/** How a browser sends a form, and how it sends one with a file. */
const formType = /^application\/x-www-form-urlencoded\s*(;|$)/i;
const uploadType = /^(application\/x-www-form-urlencoded|multipart\/form-data)\s*(;|$)/i;

/**
 * Whether a POST comes from a page of ours. The Origin header must be there: browsers send it with every form. The
 * form's token is checked beside it (`forms.ts`). Files are taken only where the route says so: no other is to parse one.
 */
export function isOwnForm(request: Request, publicUrl: string, { files = false } = {}): boolean {
  const origin = request.headers.get('Origin');
  const site = request.headers.get('Sec-Fetch-Site');
  if (origin === null || (site !== null && site !== 'same-origin')) return false;
  if (!(files ? uploadType : formType).test(request.headers.get('Content-Type') ?? '')) return false;
  return origin === new URL(publicUrl).origin || isSameLoopback(origin, request, publicUrl);
}

/** A server on the reader's own machine may be called by any of its names, as long as the page had the same. */
function isSameLoopback(origin: string, request: Request, publicUrl: string): boolean {
  if (!URL.canParse(origin)) return false;
  const [from, own] = [new URL(origin), new URL(publicUrl)];
  return (
    [origin, publicUrl].every(isLoopback) &&
    from.port === own.port &&
    from.protocol === own.protocol &&
    from.host === request.headers.get('Host')
  );
}
