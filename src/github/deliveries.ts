import type { GitHub } from './github.ts';

/** One attempt at a webhook, as GitHub has noted it. */
export interface DeliveryAttempt {
  id: number;
  /** `X-GitHub-Delivery`: the same for a redelivery. */
  guid: string;
  deliveredAt: Date;
  /** What we answered; 0 or GitHub's own 5xx where there was no answer. */
  statusCode: number;
}

/** Of 100 each. GitHub keeps three days (docs: "Redelivering webhooks"). */
const mostPages = 50;

/** The App's delivery log, newest first, back to a time. */
export async function listDeliveryAttempts(github: GitHub, since: Date): Promise<DeliveryAttempt[]> {
  return github.readAsApp(async (octokit) => {
    const attempts: DeliveryAttempt[] = [];
    let pages = 0;
    const log = octokit.paginate.iterator(octokit.rest.apps.listWebhookDeliveries, { per_page: 100 });
    for await (const { data } of log) {
      attempts.push(
        ...data.map((one) => ({
          id: one.id,
          guid: one.guid,
          deliveredAt: new Date(one.delivered_at),
          statusCode: one.status_code,
        })),
      );
      pages += 1;
      const last = attempts.at(-1);
      if (!last || last.deliveredAt < since || pages === mostPages) break;
    }
    return attempts;
  });
}

/** GitHub sends it once more, with the same `X-GitHub-Delivery`. */
export async function redeliver(github: GitHub, id: number): Promise<void> {
  await github.readAsApp((octokit) => octokit.rest.apps.redeliverWebhookDelivery({ delivery_id: id }));
}
