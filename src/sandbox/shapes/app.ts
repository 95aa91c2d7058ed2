import type { components } from '@octokit/openapi-types';
import type { Installation } from '../store.ts';
import { APP_EVENTS, APP_PERMISSIONS, type World } from '../world.ts';
import { nodeId } from './node-id.ts';
import { simpleUser } from './user.ts';

/** The App, as it stands on check runs and answers `/app`. */
export function integration(world: World) {
  const { id, slug, clientId } = world.options.app;
  return {
    id,
    slug,
    node_id: nodeId('Integration', id),
    ...(clientId === undefined ? {} : { client_id: clientId }),
    owner: simpleUser(world, world.bot),
    name: slug.charAt(0).toUpperCase() + slug.slice(1),
    description: null,
    external_url: world.url,
    html_url: `${world.url}/apps/${slug}`,
    created_at: world.startedAt,
    updated_at: world.startedAt,
    permissions: { ...APP_PERMISSIONS },
    events: [...APP_EVENTS],
  } satisfies components['schemas']['nullable-integration'];
}

/** The App's installation on an account. */
export function installationShape(world: World, installation: Installation): components['schemas']['installation'] {
  return {
    id: installation.id,
    account: simpleUser(world, installation.account),
    repository_selection: 'selected',
    access_tokens_url: `${world.apiUrl}/app/installations/${installation.id}/access_tokens`,
    repositories_url: `${world.apiUrl}/installation/repositories`,
    html_url: `${world.url}/settings/installations/${installation.id}`,
    app_id: world.options.app.id,
    app_slug: world.options.app.slug,
    target_id: installation.account.id,
    target_type: installation.account.type,
    permissions: { ...APP_PERMISSIONS },
    events: [...APP_EVENTS],
    created_at: installation.createdAt,
    updated_at: installation.createdAt,
    ...{ single_file_name: null, suspended_by: null, suspended_at: null },
  };
}
