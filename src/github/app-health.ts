import type { GitHub } from './github.ts';

/** What GitHub says of the App itself. */
export interface AppHealth {
  name: string;
  permissions: Record<string, string>;
  events: string[];
  /** Where it sends webhooks. */
  webhookUrl: string;
  /** GitHub's clock. */
  now: Date | null;
  /** The newest first. */
  deliveries: { id: number; event: string; at: Date; statusCode: number; status: string; redelivery: boolean }[];
  installations: { account: string; suspended: boolean; permissions: Record<string, string> }[];
}

/** Reads it with the App's own key. Throws what the first call that fails throws: a wrong key is a 401 here. */
export async function readAppHealth(github: GitHub): Promise<AppHealth> {
  const [app, hook, deliveries, installations] = await github.readAsApp(({ rest: { apps } }) =>
    Promise.all([
      apps.getAuthenticated(),
      apps.getWebhookConfigForApp(),
      apps.listWebhookDeliveries({ per_page: 20 }),
      apps.listInstallations({ per_page: 100 }),
    ]),
  );
  if (!app.data) throw new Error('GitHub answered /app without an App');
  const date = new Date(app.headers.date ?? '');
  return {
    name: app.data.name,
    permissions: levels(app.data.permissions),
    events: app.data.events,
    webhookUrl: hook.data.url ?? '',
    now: Number.isNaN(date.getTime()) ? null : date,
    deliveries: deliveries.data.map((one) => ({
      id: one.id,
      event: one.action ? `${one.event}.${one.action}` : one.event,
      at: new Date(one.delivered_at),
      statusCode: one.status_code,
      status: one.status,
      redelivery: one.redelivery,
    })),
    installations: installations.data.map((one) => ({
      account: one.account && 'login' in one.account ? one.account.login : String(one.target_id),
      suspended: one.suspended_at !== null,
      permissions: levels(one.permissions),
    })),
  };
}

function levels(permissions: object): Record<string, string> {
  return Object.fromEntries(Object.entries(permissions).map(([area, level]) => [area, String(level)]));
}
