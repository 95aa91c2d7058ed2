import type { Kysely } from 'kysely';
import { addJob, type Tasks } from '../db/jobs.ts';
import type { Database } from '../db/schema.ts';
import { PutOff } from '../github/budget.ts';

/** When GitHub says to come back later, the job comes back then, and not after a pause that we make up. */
export function putOffJob<T extends keyof Tasks>(
  db: Kysely<Database>,
  task: T,
  handle: (payload: Tasks[T]) => Promise<void>,
): (payload: Tasks[T]) => Promise<void> {
  return async (payload) => {
    try {
      await handle(payload);
    } catch (error) {
      if (!(error instanceof PutOff)) throw error;
      const afterMs = Math.max(0, error.retryAt.getTime() - Date.now());
      await addJob(db, task, payload, { key: `later:${task}:${JSON.stringify(payload)}`, afterMs });
    }
  };
}
