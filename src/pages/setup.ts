import { createHash } from 'node:crypto';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import type { Logger } from 'pino';
import type { Frame } from '../../views/layout.tsx';
import { SetUpDonePage, SetUpPage } from '../../views/setup.tsx';
import { isSameToken } from '../access/form-token.ts';
import { isLoopback } from '../access/loopback.ts';
import { assetRoutes, assetUrl } from './assets.ts';
import { securityHeaders } from './security.ts';

export interface SetUpDeps {
  log: Logger;
  /** Printed at the start; who has it may set up. */
  token: string;
  /** Where GitHub's own pages are. */
  githubServerUrl: string;
  /** What the form begins with, unless the request tells better. */
  publicUrl: string | null;
  manifest(wanted: { name: string; publicUrl: string }): object;
  /** Takes the code that GitHub led back with; undefined if GitHub does not know it. */
  create(code: string, publicUrl: string): Promise<{ name: string; htmlUrl: string } | undefined>;
}

const cookieName = 'zenfra_setup';
const cookie = { path: '/setup', httpOnly: true, sameSite: 'Lax', maxAge: 3600 } as const;
const beginAgain = 'Begin again with the link that Zenfra printed when it started.\n';
const notYet = 'Zenfra is not set up yet. Whoever started it finds a link to its set-up page in its output.\n';

/**
 * All that a server answers before it is connected to GitHub: the set-up page for who has the token, 503 to webhooks
 * and everybody else.
 */
export function setUpRoutes(deps: SetUpDeps): Hono {
  const app = new Hono();
  app.get('/livez', (c) => c.text('ok'));
  app.use(securityHeaders({ formsTo: deps.githubServerUrl }));
  app.route('/assets', assetRoutes());
  app.get('/setup', requireToken(deps), (c) => c.html(SetUpPage(readFields(deps, c.req.query(), addressOf(c)))));
  // The state is what lets in here: the cookie stays with the host of the printed link, which the address that was
  // entered need not be.
  app.get('/setup/created', async (c) => {
    const { code, state } = c.req.query();
    const begun = readState(deps, state);
    if (!code || begun === undefined)
      return c.text(
        `GitHub leads here with a code and a state; this address lacks them, or they are of another set-up. ${beginAgain}`,
        403,
      );
    const made = await deps.create(code, begun);
    if (!made) return c.text(`GitHub does not know this code; it is good once, for an hour. ${beginAgain}`, 400);
    return c.html(SetUpDonePage({ frame: frame(), name: made.name, installUrl: `${made.htmlUrl}/installations/new` }));
  });
  app.all('*', (c) => c.text(notYet, 503));
  // The error as our log has it: the framework would print its request too, and so the code.
  app.onError((error, c) => {
    deps.log.error({ err: error }, 'a page of the set-up failed');
    return c.text(
      `The server’s log says why this page could not be made. Reload it; if that does not help:\n${beginAgain}`,
      500,
    );
  });
  return app;
}

/** The token comes once in the address, and lives on in a cookie: an address ends up in histories and logs. */
function requireToken(deps: SetUpDeps): MiddlewareHandler {
  return async (c, next) => {
    const given = c.req.query('token');
    if (given !== undefined && isSameToken(given, deps.token)) {
      setCookie(c, cookieName, deps.token, cookie);
      return c.redirect('/setup', 302);
    }
    if (isSameToken(getCookie(c, cookieName), deps.token)) return next();
    return c.text(`This page needs the token that Zenfra printed when it started.\n`, 403);
  };
}

/** As the browser has it, also before a proxy that ends TLS. A suggestion only, shown to who sends these headers. */
function addressOf(c: Context): string {
  const { host, protocol } = new URL(c.req.url);
  const first = (name: string) => c.req.header(name)?.split(',')[0]?.trim() || undefined;
  return `${first('x-forwarded-proto') ?? protocol.slice(0, -1)}://${first('x-forwarded-host') ?? host}`;
}

function readFields(deps: SetUpDeps, query: Record<string, string>, origin: string) {
  const publicUrl = (query.public_url ?? deps.publicUrl ?? origin).trim().replace(/\/+$/, '');
  const name = (query.name ?? 'Zenfra').trim();
  const organization = (query.organization ?? '').trim();
  const fields = { frame: frame(), publicUrl, name, organization };
  if (query.next === undefined) return { ...fields, problem: null, ready: null };
  const problem = problemOf(fields);
  if (problem !== null) return { ...fields, problem, ready: null };
  const owner = organization === '' ? '' : `/organizations/${organization}`;
  const action = `${deps.githubServerUrl}${owner}/settings/apps/new?state=${encodeURIComponent(stateFor(deps, publicUrl))}`;
  const ready = {
    action,
    manifest: JSON.stringify(deps.manifest({ name, publicUrl })),
    doubt: doubtOf(deps, publicUrl),
  };
  return { ...fields, problem, ready };
}

function problemOf({ publicUrl, name, organization }: { publicUrl: string; name: string; organization: string }) {
  if (
    !/^https?:$/.test(URL.canParse(publicUrl) ? new URL(publicUrl).protocol : '') ||
    new URL(publicUrl).origin !== publicUrl
  )
    return `The address must be one such as https://zenfra.example.com, without a path; it is ${JSON.stringify(publicUrl.slice(0, 100))}.`;
  if (!/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,33}$/u.test(name))
    return 'The name may have up to 34 letters, digits, blanks, dots and hyphens.';
  if (!/^[A-Za-z0-9-]{0,100}$/.test(organization))
    return 'The organization is its login on GitHub: letters, digits and hyphens.';
  return null;
}

/** What is better changed but may be meant: something may hand webhooks on to this machine. */
function doubtOf({ githubServerUrl }: SetUpDeps, publicUrl: string): string | null {
  if (!isLoopback(publicUrl) || isLoopback(githubServerUrl)) return null;
  return `${publicUrl} is an address of this machine alone: GitHub cannot reach it, so no webhook comes of what is pushed and commented. Change it to one that GitHub reaches, such as a tunnel’s.`;
}

/** GitHub hands `state` back: it proves that this set-up began the flow, and carries the address that was entered. */
function stateFor(deps: SetUpDeps, publicUrl: string): string {
  return `${stateSecret(deps)}.${Buffer.from(publicUrl).toString('base64url')}`;
}

function readState(deps: SetUpDeps, state: string | undefined): string | undefined {
  const [secret, address = ''] = (state ?? '').split('.');
  return isSameToken(secret, stateSecret(deps)) ? Buffer.from(address, 'base64url').toString() : undefined;
}

/** Not the token itself: GitHub and its logs see it. */
function stateSecret({ token }: SetUpDeps): string {
  return createHash('sha256').update(`set-up state ${token}`).digest('base64url');
}

function frame(): Frame {
  return { viewer: null, signIn: false, asset: assetUrl, now: new Date() };
}
