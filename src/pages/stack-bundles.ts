import type { Kysely } from 'kysely';
import type { StackBundlesView } from '../../views/parts/stack-bundles.tsx';
import { type Chosen, choose } from '../bundle/combine.ts';
import type { OutlineItem } from '../bundle/contents.ts';
import { listStackBundles } from '../db/page-bundles.ts';
import type { Database } from '../db/schema.ts';
import { getStack } from '../db/stacks.ts';

/** What a stack gets from which bundle, as an execution of it would get it now. */
export async function loadStackBundles(
  db: Kysely<Database>,
  stackId: string,
): Promise<Omit<StackBundlesView, 'mayOpen'>> {
  const bundles = await listStackBundles(db, await getStack(db, stackId));
  const entries = bundles.flatMap(({ name: bundle, outline }) =>
    (outline ?? []).map((item) => ({ bundle, name: `${item.kind} ${item.name}`, item })),
  );
  return {
    bundles: bundles.map(({ id, name, number, priority, by }) => ({ id, name, number: number ?? 0, priority, by })),
    items: together(choose(entries, 'planning'), choose(entries, 'applying')).sort(
      (a, b) => b.kind.length - a.kind.length || (a.name < b.name ? -1 : 1),
    ),
  };
}

type Row = StackBundlesView['items'][number];

/** One row for what the two executions get from the same place. */
function together(planning: Chosen<OutlineItem>[], applying: Chosen<OutlineItem>[]): Row[] {
  const row = ({ bundle, over, item }: Chosen<OutlineItem>, available: Row['available']): Row => ({
    ...{ kind: item.kind, name: item.name, secret: item.secret, description: item.description },
    ...{ available, bundle, over: [...new Set(over)] },
  });
  const twin = (one: Chosen<OutlineItem>, others: Chosen<OutlineItem>[]) =>
    others.some(({ name, item }) => name === one.name && item === one.item);
  return [
    ...planning.map((one) => row(one, twin(one, applying) ? 'both' : 'planning')),
    ...applying.filter((one) => !twin(one, planning)).map((one) => row(one, 'applying')),
  ];
}
