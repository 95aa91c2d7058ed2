import type { History } from '../history.ts';

/** What was answered 2xx is handled, and what never came was found. */
export function checkWebhooks(history: History): string[] {
  const { deliveries, acknowledged, pulls, runs, heads, head } = history;
  const stored = new Map(deliveries.map((delivery) => [delivery.id, delivery]));
  const broken = [...acknowledged].flatMap((guid) => {
    const delivery = stored.get(guid);
    if (!delivery) return [`The webhook ${guid} was answered well, and is lost.`];
    return delivery.handled_at === null ? [`The webhook ${guid} was answered well, and is not handled.`] : [];
  });
  for (const pull of pulls.filter(({ state }) => state === 'open'))
    if (!runs.some((run) => run.commit_sha === pull.head && run.pull_request_number === pull.number))
      broken.push(`The head ${pull.head} of pull request #${pull.number} was never planned.`);
  if (heads.get('main') !== head)
    broken.push(`The branch’s head is ${head}, and was acted on up to ${heads.get('main')}.`);
  return broken;
}
