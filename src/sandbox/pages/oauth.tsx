import { createHash, randomBytes } from 'node:crypto';
import { type Context, Hono } from 'hono';
import type { SandboxEnv } from '../http/env.ts';
import type { Account } from '../store.ts';
import type { World } from '../world.ts';
import { Avatar, page } from './layout.tsx';

interface Grant {
  account: Account;
  redirectUri: string;
  challenge: string | undefined;
  expiresAt: number;
}

const CODE_LIFE_MS = 600_000;
const TOKEN_LIFE_MS = 8 * 3_600_000;

/** Sign-in with the sandbox: OAuth's web flow, state and PKCE (S256) included. A code is good once. */
export function oauthPages(world: World): Hono<SandboxEnv> {
  const grants = new Map<string, Grant>();
  const app = new Hono<SandboxEnv>();

  app.get('/login/oauth/authorize', (c) => {
    if (!goodRequest(world, c))
      return c.text('This is no address to sign in at: client_id or redirect_uri is wrong.', 404);
    return c.html(renderChoice(world, new URL(c.req.url).search));
  });

  // A link and no form: the page's policy keeps forms from being led to another site, and that is where this goes.
  app.get('/login/oauth/authorize/as/:login', (c) => {
    const account = world.store.accounts.get(c.req.param('login').toLowerCase());
    if (!account || !goodRequest(world, c)) return c.notFound();
    const code = randomBytes(10).toString('hex');
    const { redirect_uri: redirectUri = '', state, code_challenge: challenge } = c.req.query();
    grants.set(code, { account, redirectUri, challenge, expiresAt: Date.now() + CODE_LIFE_MS });
    const address = new URL(redirectUri);
    address.searchParams.set('code', code);
    if (state !== undefined) address.searchParams.set('state', state);
    return c.redirect(address.href, 302);
  });

  app.post('/login/oauth/access_token', async (c) => {
    const given = await parametersOf(c);
    const grant = grants.get(given.code ?? '');
    grants.delete(given.code ?? '');
    return answer(c, redeem(world, grant, given));
  });
  return app;
}

function redeem(world: World, grant: Grant | undefined, given: Record<string, string>): Record<string, string> {
  const { clientId, clientSecret } = world.options.app;
  if (given.client_id !== clientId || (clientSecret !== undefined && given.client_secret !== clientSecret)) {
    return refusal('incorrect_client_credentials', 'The client_id and/or client_secret passed are incorrect.');
  }
  const verifier = createHash('sha256')
    .update(given.code_verifier ?? '')
    .digest('base64url');
  if (!grant || grant.expiresAt <= Date.now() || (grant.challenge !== undefined && grant.challenge !== verifier)) {
    return refusal('bad_verification_code', 'The code passed is incorrect or expired.');
  }
  if (given.redirect_uri !== undefined && given.redirect_uri !== grant.redirectUri) {
    return refusal(
      'redirect_uri_mismatch',
      'The redirect_uri MUST match the registered callback URL for this application.',
    );
  }
  const token = `ghu_${randomBytes(27).toString('base64url')}`;
  world.store.tokens.set(token, { kind: 'user', account: grant.account, expiresAt: Date.now() + TOKEN_LIFE_MS });
  return { access_token: token, token_type: 'bearer', scope: '' };
}

function refusal(error: string, description: string): Record<string, string> {
  return { error, error_description: description };
}

/** Like GitHub: 200 whatever happened, and a form unless JSON is asked for. */
function answer(c: Context<SandboxEnv>, fields: Record<string, string>): Response {
  if (c.req.header('accept')?.includes('json')) return c.json(fields);
  return c.body(new URLSearchParams(fields).toString(), 200, { 'content-type': 'application/x-www-form-urlencoded' });
}

async function parametersOf(c: Context<SandboxEnv>): Promise<Record<string, string>> {
  const text = await c.req.text();
  if (!c.req.header('content-type')?.includes('json')) return Object.fromEntries(new URLSearchParams(text));
  try {
    const body: unknown = JSON.parse(text);
    return Object.fromEntries(Object.entries(body ?? {}).map(([key, value]) => [key, String(value)]));
  } catch {
    return {};
  }
}

function goodRequest(world: World, c: Context<SandboxEnv>): boolean {
  const { client_id: clientId, redirect_uri: redirectUri = '', code_challenge_method: method } = c.req.query();
  if (clientId === undefined || clientId !== world.options.app.clientId) return false;
  return /^https?:\/\//.test(redirectUri) && URL.canParse(redirectUri) && (method === undefined || method === 'S256');
}

function renderChoice(world: World, search: string) {
  const people = [...world.store.accounts.values()].filter((account) => account.type === 'User');
  return page(
    'Sign in',
    <section class="box">
      <h2>Sign in to {world.options.app.slug} as</h2>
      <ul class="list">
        {people.map(({ login }) => (
          <li>
            <Avatar login={login} />
            <a href={`/login/oauth/authorize/as/${encodeURIComponent(login)}${search}`}>{login}</a>
          </li>
        ))}
      </ul>
    </section>,
  );
}
