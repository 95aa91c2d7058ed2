import type { Kysely } from 'kysely';
import type { Announcer } from '../db/announce.ts';
import { type Lease, saveApplySteps } from '../db/runs.ts';
import type { Database } from '../db/schema.ts';
import type { ApplyStep } from '../execution/contract.ts';

const everyMs = 500;
/** The steps of a large apply are megabytes, written whole: at most this part of the time goes into it. */
const mostOfTime = 0.05;

export interface ProgressSaver {
  save(steps: readonly ApplyStep[]): void;
  /** Drops what is not written yet: the outcome, which is recorded next, has it all. */
  close(): Promise<void>;
}

/**
 * Writes an apply's steps while it runs, for the run's page: at most twice a second, whatever the engine prints, and
 * without keeping it waiting. A write that fails is left to the next one.
 */
export function saveProgress(db: Kysely<Database>, lease: Lease, announcer: Announcer): ProgressSaver {
  let steps: readonly ApplyStep[] | null = null;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;
  let closed = false;
  const write = async (now: readonly ApplyStep[]) => {
    const started = performance.now();
    try {
      if (await saveApplySteps(db, lease, now)) announcer.announce('run');
    } catch {
      steps ??= now;
    }
    if (!closed) timer = setTimeout(due, Math.max(everyMs, (performance.now() - started) / mostOfTime)).unref();
  };
  const due = () => {
    timer = undefined;
    if (steps === null) return;
    const now = steps;
    steps = null;
    writing = write(now).finally(() => {
      writing = undefined;
    });
  };
  return {
    save: (given) => {
      steps = given;
      if (!closed && timer === undefined && writing === undefined) due();
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await writing;
    },
  };
}
