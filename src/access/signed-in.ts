import { createHash, randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import { findRepository } from '../db/repositories.ts';
import type { Database } from '../db/schema.ts';
import { deleteSession, findSession, insertSession, type Session } from '../db/sessions.ts';
import { type GitHub, refOf } from '../github/github.ts';
import { type OAuthSettings, readPerson, readRights } from '../github/oauth.ts';
import { readPermissionById } from '../github/people.ts';
import type { Permission } from '../run/checks.ts';
import { contexts } from '../secret/contexts.ts';
import { type MasterKey, open, seal } from '../secret/envelope.ts';
import { formTokenFor } from './form-token.ts';
import { RightsCache } from './rights-cache.ts';
import type { Access, Viewer } from './viewer.ts';

interface SignedInDeps {
  db: Kysely<Database>;
  github: GitHub;
  masterKey: MasterKey;
  oauth: OAuthSettings;
}

export interface SignedIn extends Access {
  /** Begins a session for whoever owns the token; returns what the cookie holds. */
  begin(githubToken: string): Promise<string>;
  end(viewer: Viewer): Promise<void>;
}

/** Access for people who signed in with GitHub. `otherwise` lets in who has no session: the local user of the demo. */
export function signedInAccess(deps: SignedInDeps, otherwise: Access | null): SignedIn {
  const cache = new RightsCache((id) => readRightsOf(deps, id));
  return {
    signIn: true,
    findViewer: async (cookie) =>
      (cookie === undefined ? null : await findBy(deps, cookie)) ?? (await otherwise?.findViewer(cookie)) ?? null,
    listRights: (viewer) => (viewer.session === null ? rightsElsewhere(otherwise, viewer) : cache.get(viewer.session)),
    readRight: async (viewer, repositoryId) => {
      if (viewer.session === null) return (await otherwise?.readRight(viewer, repositoryId)) ?? 'none';
      return readNow(deps, viewer.session, repositoryId);
    },
    begin: (token) => begin(deps, token),
    end: async ({ session }) => {
      if (session === null) return;
      cache.forget(session);
      await deleteSession(deps.db, session);
    },
  };
}

async function rightsElsewhere(otherwise: Access | null, viewer: Viewer) {
  return (await otherwise?.listRights(viewer)) ?? new Map<number, Permission>();
}

async function begin(deps: SignedInDeps, githubToken: string): Promise<string> {
  const person = await readPerson(deps.oauth, githubToken);
  const secret = randomBytes(32).toString('base64url');
  const id = idOf(secret);
  const sealed = seal(deps.masterKey, Buffer.from(githubToken), contexts.sessionToken(id));
  await insertSession(deps.db, { id, login: person.login, github_id: person.id, github_token: sealed });
  return secret;
}

async function findBy(deps: SignedInDeps, cookie: string): Promise<Viewer | null> {
  const session = await findSession(deps.db, idOf(cookie));
  return session ? toViewer(deps, session) : null;
}

function toViewer(deps: SignedInDeps, session: Session): Viewer {
  return { login: session.login, session: session.id, formToken: formTokenFor(deps.masterKey, session.id) };
}

/** Whoever withdrew the App's access to their account is signed out by it. */
async function readRightsOf(deps: SignedInDeps, id: string): Promise<Map<number, Permission>> {
  const session = await findSession(deps.db, id);
  if (!session) return new Map();
  const token = open(deps.masterKey, session.github_token, contexts.sessionToken(id)).toString();
  const rights = await readRights(deps.oauth, token);
  if (!rights) await deleteSession(deps.db, id);
  return rights ?? new Map();
}

/** By the same call that a comment's author is asked about, with the installation's token. */
async function readNow(deps: SignedInDeps, sessionId: string, repositoryId: number): Promise<Permission> {
  const [session, repository] = await Promise.all([
    findSession(deps.db, sessionId),
    findRepository(deps.db, repositoryId),
  ]);
  if (!session || !repository) return 'none';
  const person = { id: session.github_id, login: session.login };
  return readPermissionById(deps.github, { id: repositoryId, ...refOf(repository) }, person);
}

function idOf(cookie: string): string {
  return createHash('sha256').update(cookie).digest('hex');
}
