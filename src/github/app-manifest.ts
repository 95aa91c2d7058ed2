import { ownClient } from './own-client.ts';

/** What the App needs. `app.yml` at the root says why of each; a test keeps the two alike. */
export const appPermissions = {
  metadata: 'read',
  contents: 'read',
  pull_requests: 'write',
  checks: 'write',
  issues: 'write',
  merge_queues: 'read',
} as const;

/** Asked for, but everything else works without them. */
export const optionalPermissions: readonly string[] = ['merge_queues'];

export const appEvents = ['pull_request', 'push', 'issue_comment', 'check_run', 'check_suite', 'merge_group'] as const;

/** The App as GitHub makes it from a form (docs: "Registering a GitHub App from a manifest"). */
export function manifestFor({ name, publicUrl }: { name: string; publicUrl: string }) {
  return {
    name,
    url: publicUrl,
    description: 'Plans every stack a pull request touches and applies exactly what was approved.',
    public: false,
    hook_attributes: { url: `${publicUrl}/api/github/webhooks`, active: true },
    redirect_url: `${publicUrl}/setup/created`,
    callback_urls: [`${publicUrl}/sign-in/callback`],
    setup_url: publicUrl,
    default_permissions: appPermissions,
    default_events: appEvents,
  };
}

/** Everything that Zenfra needs to act as an App. */
export interface AppCredentials {
  appId: number;
  /** PEM. */
  privateKey: string;
  webhookSecret: string;
  clientId: string;
  clientSecret: string;
  /** For people. */
  name: string;
  /** The App's page, from where it is installed. */
  htmlUrl: string;
}

/** Redeems the code that GitHub leads back with; it is good once, for an hour. Undefined where GitHub does not know it. */
export async function convertManifest(apiUrl: string, code: string): Promise<AppCredentials | undefined> {
  const made = await ownClient(apiUrl)
    .rest.apps.createFromManifest({ code })
    .catch((error: unknown) => {
      const status = (error as { status?: number }).status;
      if (status === 404 || status === 422) return undefined;
      throw error;
    });
  if (!made) return undefined;
  const { id, pem, webhook_secret: webhookSecret, client_id: clientId, client_secret: clientSecret } = made.data;
  if (webhookSecret === null) throw new Error('GitHub made an App without a webhook secret');
  const { name, html_url: htmlUrl } = made.data;
  return { appId: id, privateKey: pem, webhookSecret, clientId, clientSecret, name, htmlUrl };
}
