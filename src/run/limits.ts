import type { RunType } from './status.ts';

const hour = 3_600_000;

/** How long the engine may take. */
export const planTimeoutMs = hour;
export const applyTimeoutMs = 6 * hour;

/** How old a plan may be when it is applied: a day for one that a pull request shows, a week for one that waits on its own page. */
export function planExpiresAfterMs(run: { type: RunType; adopted_plan_id: string | null }): number {
  return run.adopted_plan_id === null ? 8 * 24 * hour : 24 * hour;
}
