import { listStoredDeliveries } from '../../db/deliveries.ts';
import { readSetting, writeSetting } from '../../db/settings.ts';
import { type DeliveryAttempt, listDeliveryAttempts, redeliver } from '../../github/deliveries.ts';
import type { TriggerDeps } from '../deps.ts';

const minuteMs = 60_000;

/** What GitHub keeps (docs: "Redelivering webhooks"). */
const keptMs = 3 * 24 * 60 * minuteMs;

/** An attempt may still be under way, and is noted with the time at which it began. */
const settledAfterMs = 5 * minuteMs;

/** In one pass; the oldest first. */
const mostAtOnce = 100;

/** Up to where the log holds nothing that is still to be had. */
const mark = 'deliveries_read_until';

/** Has GitHub send again what it could not deliver, such as all that came while no server ran. */
export async function redeliverLost(deps: TriggerDeps, now: Date): Promise<void> {
  const since = new Date((await readSetting(deps.db, mark)) ?? now.getTime() - keptMs);
  const attempts = await listDeliveryAttempts(deps.github, since);
  const failed = attempts.filter((attempt) => !isWell(attempt)).map(({ guid }) => guid);
  const stored = await listStoredDeliveries(deps.db, [...new Set(failed)]);
  const lost = lostDeliveries(attempts, stored, now);
  for (const id of lost.due.slice(0, mostAtOnce)) {
    await redeliver(deps.github, id);
    deps.log.info({ attempt: id }, 'a webhook that was not delivered is sent for again');
  }
  const until = Math.min(now.getTime() - settledAfterMs, lost.openSince?.getTime() ?? Number.POSITIVE_INFINITY);
  await writeSetting(deps.db, mark, new Date(Math.max(until, since.getTime())).toISOString());
}

/** After so many tries something is wrong with it that more tries do not mend. */
const mostTries = 6;

/**
 * The attempts to ask for again, oldest first: the last one of each delivery that no attempt has brought here. After
 * each try twice as long is waited, from a minute on. `openSince` is the oldest time from which something is still to be
 * had.
 */
export function lostDeliveries(
  attempts: readonly DeliveryAttempt[],
  stored: ReadonlySet<string>,
  now: Date,
): { due: number[]; openSince: Date | null } {
  const open = [...byGuid(attempts)]
    .filter(([guid, all]) => !stored.has(guid) && !all.some(isWell) && all.length < mostTries)
    .map(([, all]) => all.toSorted((a, b) => a.deliveredAt.getTime() - b.deliveredAt.getTime() || a.id - b.id))
    .sort((a, b) => firstTime(a) - firstTime(b));
  const due = open.flatMap((all) => {
    const last = all.at(-1);
    const pause = all.length === 1 ? 0 : minuteMs * 2 ** (all.length - 2);
    return last && now.getTime() - last.deliveredAt.getTime() >= pause ? [last.id] : [];
  });
  return { due, openSince: open[0]?.[0]?.deliveredAt ?? null };
}

function byGuid(attempts: readonly DeliveryAttempt[]): Map<string, DeliveryAttempt[]> {
  const all = new Map<string, DeliveryAttempt[]>();
  for (const attempt of attempts) all.set(attempt.guid, [...(all.get(attempt.guid) ?? []), attempt]);
  return all;
}

function firstTime(attempts: readonly DeliveryAttempt[]): number {
  return attempts[0]?.deliveredAt.getTime() ?? 0;
}

function isWell({ statusCode }: DeliveryAttempt): boolean {
  return statusCode >= 200 && statusCode < 300;
}
