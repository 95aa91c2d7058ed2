import type { Kysely } from 'kysely';
import { checkDependencies, othersHold, takesTurns, turnOf } from '../run/order.ts';
import { statusLabels } from '../run/status.ts';
import { listDependencies } from './run-dependencies.ts';
import { listLiveRuns, ordered, type Run } from './runs.ts';
import type { Database } from './schema.ts';
import { listHolds } from './stack-holds.ts';
import { countSlots } from './workers.ts';

/** Slots of all workers that live, read when somebody asks for the first time. */
export type Slots = () => Promise<number>;

export function slotsOnce(db: Kysely<Database>): Slots {
  let counted: Promise<number> | undefined;
  return () => {
    counted ??= countSlots(db);
    return counted;
  };
}

/**
 * What a run waits for, as the end of a sentence: `waits for run #128 (Needs approval), place 2 in the queue`. Null
 * when it does not wait. Worked out when asked: stored, it would be old at once.
 */
export async function explainWait(db: Kysely<Database>, run: Run, slots = slotsOnce(db)): Promise<string | null> {
  if (run.lease_expires_at !== null) return null;
  if (run.status === 'unconfirmed') return 'waits for approval by a person with write permission';
  if (run.status !== 'queued' && run.status !== 'approved') return null;
  if (run.status === 'queued') {
    const live = takesTurns(run) ? await listLiveRuns(db, run.stack_id) : [];
    const turn = turnOf(
      ordered(run),
      live.map((other) => ordered(other)),
    );
    if (!turn.now)
      return `waits for run #${turn.behind.number} (${statusLabels[turn.behind.status]}), place ${turn.place} in the queue`;
    const stand = checkDependencies(await listDependencies(db, run));
    if (stand.kind === 'waits')
      return `waits for ${stand.behind.stack}, run #${stand.behind.number} (${statusLabels[stand.behind.status]})`;
  } else {
    const hold = othersHold(run, await listHolds(db, [run.stack_id]));
    if (hold) return `waits until the stack is released: ${hold.note}`;
  }
  return waitForWorker(run, await slots());
}

/** Null when a worker has the run, or no worker is what it waits for. `slots`: of all workers that live. */
export function waitForWorker(run: Pick<Run, 'status' | 'lease_expires_at'>, slots: number): string | null {
  if (run.lease_expires_at !== null || (run.status !== 'queued' && run.status !== 'approved')) return null;
  if (slots > 0) return `waits for a free worker slot (${slots} in all)`;
  return 'waits for a worker, and none is running: start one with npm run start:worker';
}
