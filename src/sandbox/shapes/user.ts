import type { components } from '@octokit/openapi-types';
import type { Account } from '../store.ts';
import type { World } from '../world.ts';
import { nodeId } from './node-id.ts';

type SimpleUser = components['schemas']['simple-user'];

/** An account as it stands inside other answers. */
export function simpleUser(world: World, account: Account): SimpleUser {
  const login = encodeURIComponent(account.login);
  const url = `${world.apiUrl}/users/${login}`;
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId('User', account.id),
    avatar_url: `${world.url}/avatars/${login}`,
    gravatar_id: '',
    url,
    html_url: account.type === 'Bot' ? `${world.url}/apps/${world.options.app.slug}` : `${world.url}/${login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: account.type,
    site_admin: false,
  };
}

/** An account as `/users/:login` and `/user` answer. */
export function publicUser(world: World, account: Account): components['schemas']['public-user'] {
  return {
    ...simpleUser(world, account),
    ...{ name: account.login, company: null, blog: null, location: null, email: null, hireable: null, bio: null },
    ...{ public_repos: 0, public_gists: 0, followers: 0, following: 0 },
    ...{ created_at: world.startedAt, updated_at: world.startedAt },
  };
}

/** The address that git shows for an account without a public one. */
export function noreplyEmail(account: Account): string {
  return `${account.id}+${account.login}@users.noreply.github.com`;
}
