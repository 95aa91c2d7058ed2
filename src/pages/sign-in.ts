import { Hono, type MiddlewareHandler } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { isLoopback } from '../access/loopback.ts';
import { signInMinutes } from '../access/sign-in.ts';
import type { Viewer } from '../access/viewer.ts';
import { sessionHours } from '../db/sessions.ts';
import type { PagesDeps } from './deps.ts';
import { type PageContext, type PageEnv, viewerOf } from './env.ts';
import { onForm } from './on-form.ts';
import { sendMessage, toSignIn } from './respond.ts';

/**
 * The names of the cookies: of a session, and of a sign-in under way. `__Host-` makes browsers refuse them from a sibling
 * host, which could else sign somebody in as another, or without https; plain http is for a server on one's own machine.
 */
function sessionCookie(deps: Pick<PagesDeps, 'publicUrl'>): string {
  return `${prefixFor(deps)}zenfra_session`;
}

function signInCookie(deps: Pick<PagesDeps, 'publicUrl'>): string {
  return `${prefixFor(deps)}zenfra_sign_in`;
}

function prefixFor({ publicUrl }: Pick<PagesDeps, 'publicUrl'>): string {
  return publicUrl.startsWith('https:') ? '__Host-' : '';
}

/** `GET /sign-in`, which leads to GitHub, and `/sign-in/callback`, which leads back to the page that was wanted. */
export function signInRoutes(deps: PagesDeps): Hono<PageEnv> {
  return new Hono<PageEnv>()
    .get('/sign-in', (c) => {
      if (!deps.signIn) return sendMessage(c, deps, 404, noSignIn);
      const { address, cookie } = deps.signIn.begin(safeReturn(c.req.query('return_to')));
      setCookie(c, signInCookie(deps), cookie, cookieOptions(deps, signInMinutes * 60));
      return c.redirect(address, 302);
    })
    .get('/sign-in/callback', (c) => complete(c, deps));
}

/** `POST /sign-out`. */
export function signOutRoutes(deps: PagesDeps): Hono<PageEnv> {
  const app = new Hono<PageEnv>();
  onForm({ app, path: '/sign-out' }, deps, async (c) => {
    await deps.signIn?.end(viewerOf(c));
    deleteCookie(c, sessionCookie(deps), cookieOptions(deps, 0));
    c.set('viewer', undefined);
    return sendMessage(
      c,
      deps,
      200,
      'You are signed out here. GitHub still knows you: sign out there, too, if others use this computer.',
    );
  });
  return app;
}

/** Who looks, by the request's cookie. Null: they must sign in. */
export async function readViewer(
  c: PageContext,
  deps: Pick<PagesDeps, 'access' | 'publicUrl'>,
): Promise<Viewer | null> {
  return deps.access.findViewer(getCookie(c, sessionCookie(deps)));
}

/** Finds out who looks, or leads them to sign in. Every route after it has a viewer. */
export function requireViewer(deps: PagesDeps): MiddlewareHandler<PageEnv> {
  return async (c, next) => {
    const viewer = await readViewer(c, deps);
    if (viewer?.session === null && !isLoopback(c.req.header('Host') ?? '')) return sendMessage(c, deps, 403, notHere);
    if (viewer) {
      c.set('viewer', viewer);
      return next();
    }
    if (!deps.signIn) return sendMessage(c, deps, 403, noSignIn);
    if (c.req.method !== 'GET')
      return sendMessage(
        c,
        deps,
        401,
        'You are not signed in any more. Nothing was changed. Sign in and press again.',
        { ...toSignIn, href: backTo(pressedOn(c)) },
      );
    if (!(c.req.header('Accept') ?? '').includes('text/html')) return c.text('Sign in first.\n', 401);
    const { pathname, search } = new URL(c.req.url);
    return c.redirect(backTo(pathname + search), 302);
  };
}

function backTo(path: string): string {
  return `/sign-in?return_to=${encodeURIComponent(path)}`;
}

/**
 * The page with the button; after a refusal, the button's own address is where the browser is, and no page. Only a new
 * bundle is sent to the address of its own page.
 */
function pressedOn(c: PageContext): string {
  const referrer = c.req.header('Referer') ?? '';
  if (!URL.canParse(referrer)) return '/';
  const { pathname, search } = new URL(referrer);
  return pathname === c.req.path && pathname !== '/bundles' ? '/' : pathname + search;
}

/** A page of elsewhere whose name leads to this machine (DNS rebinding) must not read what the local user may. */
const notHere = 'Without signing in, this server is open only at an address of this machine, such as http://127.0.0.1.';
const noSignIn =
  'This server has no sign-in yet, so its pages are closed. Whoever runs it sets GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET, which are on the GitHub App’s page.';

async function complete(c: PageContext, deps: PagesDeps): Promise<Response> {
  if (!deps.signIn) return sendMessage(c, deps, 404, noSignIn);
  const { code, state, error } = c.req.query();
  if (!state || (!code && !error))
    return sendMessage(
      c,
      deps,
      400,
      'A sign-in comes back from GitHub with a code and a state; this address lacks them.',
      toSignIn,
    );
  if (error)
    return sendMessage(c, deps, 403, 'GitHub says that the sign-in was not agreed to. Nothing has changed.', toSignIn);
  const completed = await deps.signIn.complete({ cookie: getCookie(c, signInCookie(deps)), code: code ?? '', state });
  deleteCookie(c, signInCookie(deps), cookieOptions(deps, 0));
  if (!completed.ok) return sendMessage(c, deps, 400, completed.why, toSignIn);
  setCookie(c, sessionCookie(deps), completed.cookie, cookieOptions(deps, sessionHours * 3600));
  return c.redirect(completed.returnTo, 303);
}

function cookieOptions({ publicUrl }: Pick<PagesDeps, 'publicUrl'>, seconds: number) {
  const secure = publicUrl.startsWith('https:');
  return { path: '/', httpOnly: true, sameSite: 'Lax' as const, secure, ...(seconds > 0 ? { maxAge: seconds } : {}) };
}

/** A path of ours, whatever was given: `//evil`, `/\evil` and `javascript:` become the start page. */
export function safeReturn(wanted: string | undefined): string {
  const here = 'http://here.invalid';
  if (!wanted?.startsWith('/') || !URL.canParse(wanted, here)) return '/';
  const url = new URL(wanted, here);
  if (url.origin !== here || url.pathname.startsWith('//') || url.pathname.startsWith('/sign-')) return '/';
  return `${url.pathname}${url.search}${url.hash}`;
}
