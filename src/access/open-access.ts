import type { Kysely } from 'kysely';
import type { Database } from '../db/schema.ts';
import type { GitHub } from '../github/github.ts';
import type { OAuthSettings } from '../github/oauth.ts';
import type { MasterKey } from '../secret/envelope.ts';
import { localAccess } from './local.ts';
import { isLoopback } from './loopback.ts';
import { type SignIn, signInWith } from './sign-in.ts';
import { signedInAccess } from './signed-in.ts';
import type { Access } from './viewer.ts';

interface AccessDeps {
  db: Kysely<Database>;
  github: GitHub;
  masterKey: MasterKey;
  publicUrl: string;
  /** Null: nobody can sign in. */
  oauth: OAuthSettings | null;
  /** In a demo: whom somebody without a session acts for; null lets them look at everything. */
  localUser: string | null | undefined;
}

/**
 * Who gets in. With an OAuth client: whoever signs in. Without one: nobody, except on a server at a loopback address,
 * where it is whoever sits there.
 */
export function openAccess(deps: AccessDeps): { access: Access; signIn: SignIn | null } {
  const { oauth, localUser, publicUrl } = deps;
  const alone = oauth === null && isLoopback(publicUrl);
  const local = localUser !== undefined || alone ? localAccess(deps, localUser ?? null) : null;
  if (oauth === null) return { access: local ?? nobody, signIn: null };
  const access = signedInAccess({ ...deps, oauth }, local);
  return { access, signIn: signInWith({ oauth, masterKey: deps.masterKey, publicUrl, access }) };
}

const nobody: Access = {
  signIn: false,
  findViewer: async () => null,
  listRights: async () => new Map(),
  readRight: async () => 'none',
};
