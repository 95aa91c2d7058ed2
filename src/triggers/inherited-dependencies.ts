import type { Kysely } from 'kysely';
import { listLiveRunsOfRepository, type Run } from '../db/runs.ts';
import type { Database } from '../db/schema.ts';
import type { Stack } from '../db/stacks.ts';

/**
 * A new push ends runs of an earlier one and makes them `anew`. If such a run was waiting for others of that push, the one
 * that takes its place has to wait for them too: these others, by their stacks' names. Left out is what itself waits
 * for a run that is made anew: the order may have changed since, and each would wait for the other.
 */
export async function inheritedDependencies(
  db: Kysely<Database>,
  { repositoryId, tracked, anew }: { repositoryId: number; tracked: Stack[]; anew: ReadonlySet<string> },
): Promise<Map<string, Run>> {
  const names = new Map(tracked.map(({ id, name }) => [id, name]));
  const live = (await listLiveRunsOfRepository(db, repositoryId)).filter(({ type }) => type !== 'plan_only');
  const ending = live.filter((run) => anew.has(run.stack_id));
  const tied = tiedTo(ending, live);
  const waitedFor = new Set(ending.flatMap((run) => run.after_runs));
  return new Map(
    live.flatMap((run) => {
      const name = names.get(run.stack_id);
      return name !== undefined && waitedFor.has(run.id) && !tied.has(run.id) ? [[name, run] as const] : [];
    }),
  );
}

/** The ids of these runs and of all that wait for one of them, through others too. */
function tiedTo(some: Run[], live: Run[]): Set<string> {
  const tied = new Set(some.map(({ id }) => id));
  for (let before = 0; before < tied.size; ) {
    before = tied.size;
    for (const run of live) if (run.after_runs.some((id) => tied.has(id))) tied.add(run.id);
  }
  return tied;
}
