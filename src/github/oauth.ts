import type { Octokit } from '@octokit/rest';
import { putOff } from './github.ts';
import { ownClient } from './own-client.ts';
import type { Permission } from './people.ts';

/** The App's own OAuth client, and where its GitHub is. */
export interface OAuthSettings {
  clientId: string;
  clientSecret: string;
  /** `https://github.com`, or a GitHub Enterprise Server. */
  serverUrl: string;
  apiUrl: string;
}

/** Where a person agrees to sign in. PKCE is sent always: GitHub checks it, and servers that don't know it ignore it. */
export function authorizeUrl(
  settings: OAuthSettings,
  asked: { state: string; challenge: string; redirectUri: string },
): string {
  const url = new URL(`${settings.serverUrl}/login/oauth/authorize`);
  url.searchParams.set('client_id', settings.clientId);
  url.searchParams.set('redirect_uri', asked.redirectUri);
  url.searchParams.set('state', asked.state);
  url.searchParams.set('code_challenge', asked.challenge);
  url.searchParams.set('code_challenge_method', 'S256');
  return url.href;
}

/**
 * Redeems the code of a sign-in for the person's own token. GitHub answers 200 whatever happened and says in the body
 * what went wrong (docs: "Generating a user access token for a GitHub App"); that is a refusal here.
 */
export async function exchangeCode(
  settings: OAuthSettings,
  given: { code: string; verifier: string; redirectUri: string },
): Promise<{ token: string } | { refused: string }> {
  const response = await fetch(`${settings.serverUrl}/login/oauth/access_token`, {
    method: 'POST',
    headers: { Accept: 'application/json', 'Content-Type': 'application/json' },
    body: JSON.stringify({
      client_id: settings.clientId,
      client_secret: settings.clientSecret,
      code: given.code,
      code_verifier: given.verifier,
      redirect_uri: given.redirectUri,
    }),
    redirect: 'error',
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new Error(`GitHub answered ${response.status} to a sign-in`);
  const body = (await response.json()) as { access_token?: unknown; error?: unknown };
  if (typeof body.access_token === 'string') return { token: body.access_token };
  return { refused: typeof body.error === 'string' ? body.error : 'no token in the answer' };
}

export async function readPerson(
  { apiUrl }: Pick<OAuthSettings, 'apiUrl'>,
  token: string,
): Promise<{ id: number; login: string }> {
  const { data } = await ownClient(apiUrl, token).rest.users.getAuthenticated();
  return { id: data.id, login: data.login };
}

/**
 * What the person may do in each repository that they and the App both see, by the repository's id. One call for each
 * hundred repositories, with the person's own token: asking for each repository would use up the installation's quota.
 * A public repository that they have no role in is not among them. Undefined when GitHub does not take the token.
 */
export async function readRights(
  { apiUrl }: Pick<OAuthSettings, 'apiUrl'>,
  token: string,
): Promise<Map<number, Permission> | undefined> {
  const octokit = ownClient(apiUrl, token);
  const rights = new Map<number, Permission>();
  try {
    const installations = await octokit.paginate(octokit.rest.apps.listInstallationsForAuthenticatedUser, {
      per_page: 100,
    });
    for (const { id } of installations) {
      for (const repository of await listTheirs(octokit, id))
        rights.set(repository.id, levelOf(repository.permissions));
    }
  } catch (error) {
    if ((error as { status?: number }).status === 401) return undefined;
    // That of somebody who is suspended, say: an answer, and not one to wait for.
    if (isRefusal(error)) return new Map();
    throw error;
  }
  return rights;
}

/** None of an installation that GitHub refuses: an organization may let in certain addresses alone. */
async function listTheirs(octokit: Octokit, installationId: number) {
  const list = octokit.rest.apps.listInstallationReposForAuthenticatedUser;
  try {
    return await octokit.paginate(list, { installation_id: installationId, per_page: 100 });
  } catch (error) {
    if (isRefusal(error)) return [];
    throw error;
  }
}

/** A rate limit is none. */
function isRefusal(error: unknown): boolean {
  const { status } = error as { status?: number };
  return (status === 403 || status === 404) && !putOff(error);
}

/** Of GitHub's five roles, triage counts as read. */
function levelOf(role: { admin: boolean; maintain?: boolean; push: boolean; pull: boolean } | undefined): Permission {
  if (role?.admin) return 'admin';
  if (role?.maintain) return 'maintain';
  if (role?.push) return 'write';
  return role?.pull ? 'read' : 'none';
}
