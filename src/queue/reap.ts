import { type Kysely, sql, type Transaction } from 'kysely';
import { hasBegunApply } from '../db/plans.ts';
import type { Database } from '../db/schema.ts';
import { lockStack } from '../db/stacks.ts';
import { leaseRanOut } from '../db/sweeps.ts';
import { transact } from '../db/transact.ts';
import { finalStatuses } from '../run/transition.ts';
import { type Advanced, advanceIn } from './advance.ts';
import type { QueueDeps } from './deps.ts';

/**
 * How long an apply whose worker fell silent waits for another worker of that machine, which can follow its engine to
 * the end. Long enough for a service manager to start one.
 */
export const adoptionSeconds = 60;

/** Takes runs away from workers that fell silent. One that cannot be looked at does not keep the others from it. */
export async function reapLostWorkers(deps: Pick<QueueDeps, 'db' | 'log'>): Promise<void> {
  for (const run of await listLost(deps.db)) {
    try {
      const moved = await transact(deps.db, (trx) => reap(trx, run));
      if (moved?.ok) deps.log.warn({ run: run.number, runId: run.id, status: moved.run.status }, 'a worker was lost');
    } catch (error) {
      deps.log.warn(
        { err: error, run: run.number, runId: run.id },
        'a lost worker could not be dealt with; trying again',
      );
    }
  }
}

async function listLost(db: Kysely<Database>): Promise<{ id: string; number: number; stack_id: string }[]> {
  return db
    .selectFrom('runs')
    .select(['id', 'number', 'stack_id'])
    .where('status', 'not in', finalStatuses)
    .where((row) =>
      row.or([row.and([row.not(applyBegan()), leaseRanOut()]), row.and([applyBegan(), leaseRanOut(adoptionSeconds)])]),
    )
    .execute();
}

function applyBegan() {
  return sql<boolean>`exists (select from applies where applies.run_id = runs.id)`;
}

/** Looks once more under the locks: a worker that was only late has renewed its lease since, and keeps its run. */
async function reap(trx: Transaction<Database>, run: { id: string; stack_id: string }): Promise<Advanced | undefined> {
  // Whoever holds the stack for longer must not hold up the sweep.
  await sql`set local lock_timeout = '2s'`.execute(trx);
  await lockStack(trx, run.stack_id);
  const applyStarted = await hasBegunApply(trx, run.id);
  const expired = await trx
    .selectFrom('runs')
    .select('id')
    .where('id', '=', run.id)
    .where(leaseRanOut(applyStarted ? adoptionSeconds : 0))
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (!expired) return undefined;
  return advanceIn(trx, { runId: run.id, event: { type: 'worker_lost', applyStarted }, actor: 'zenfra' });
}
