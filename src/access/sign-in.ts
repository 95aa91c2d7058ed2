import { createHash, randomBytes } from 'node:crypto';
import { authorizeUrl, exchangeCode, type OAuthSettings } from '../github/oauth.ts';
import { EnvelopeError, type MasterKey, open, seal } from '../secret/envelope.ts';
import { isSameToken } from './form-token.ts';
import type { SignedIn } from './signed-in.ts';
import type { Viewer } from './viewer.ts';

/** Signing in with GitHub: OAuth's web flow with `state` and PKCE. Nothing is stored before it has succeeded. */
export interface SignIn {
  /** Where to send the browser, and what its cookie must hold until it comes back. */
  begin(returnTo: string): { address: string; cookie: string };
  /** What the session's cookie holds and where to go on, or why not. */
  complete(back: { cookie: string | undefined; code: string; state: string }): Promise<Completed>;
  end(viewer: Viewer): Promise<void>;
}

export type Completed = { ok: true; cookie: string; returnTo: string } | { ok: false; why: string };

interface Begun {
  state: string;
  verifier: string;
  returnTo: string;
  at: number;
}

/** How long GitHub's pages may take; as long as a code of theirs lives. */
export const signInMinutes = 10;
const context = 'a sign-in under way';
const tryAgain = 'Open the page you wanted again; it leads to GitHub once more.';

export function signInWith(deps: {
  oauth: OAuthSettings;
  masterKey: MasterKey;
  /** GitHub's pages lead back to it. */
  publicUrl: string;
  access: SignedIn;
}): SignIn {
  const redirectUri = `${deps.publicUrl}/sign-in/callback`;
  return {
    begin: (returnTo) => {
      const begun = { state: random(), verifier: random(), returnTo, at: Date.now() };
      const challenge = createHash('sha256').update(begun.verifier).digest('base64url');
      return {
        address: authorizeUrl(deps.oauth, { state: begun.state, challenge, redirectUri }),
        cookie: seal(deps.masterKey, Buffer.from(JSON.stringify(begun)), context).toString('base64url'),
      };
    },
    complete: async ({ cookie, code, state }) => {
      const begun = readBegun(deps.masterKey, cookie);
      if (!begun || !isSameToken(state, begun.state))
        return {
          ok: false,
          why: `This sign-in was not begun in this browser, or more than ${signInMinutes} minutes ago. ${tryAgain}`,
        };
      const exchanged = await exchangeCode(deps.oauth, { code, verifier: begun.verifier, redirectUri });
      if ('refused' in exchanged)
        return {
          ok: false,
          why: `GitHub did not accept the sign-in (${exchanged.refused.slice(0, 100)}). ${tryAgain}`,
        };
      return { ok: true, cookie: await deps.access.begin(exchanged.token), returnTo: begun.returnTo };
    },
    end: (viewer) => deps.access.end(viewer),
  };
}

function random(): string {
  return randomBytes(32).toString('base64url');
}

/** Undefined for whatever this server did not write, and for what is too old. */
function readBegun(key: MasterKey, cookie: string | undefined): Begun | undefined {
  if (cookie === undefined) return undefined;
  try {
    const begun = JSON.parse(open(key, Buffer.from(cookie, 'base64url'), context).toString()) as Begun;
    return Date.now() - begun.at < signInMinutes * 60_000 ? begun : undefined;
  } catch (error) {
    if (error instanceof EnvelopeError) return undefined;
    throw error;
  }
}
