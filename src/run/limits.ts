import type { RunPolicy } from './policy.ts';
import type { RunType } from './status.ts';

const hour = 3_600_000;

/** How long the engine may take. */
export const planTimeoutMs = hour;
export const applyTimeoutMs = 6 * hour;

/**
 * How old a plan may be when it is applied: as the stack says, or a day for one that a pull request shows and a week for
 * one that waits on its own page.
 */
export function planExpiresAfterMs(
  run: { type: RunType; adopted_plan_id: string | null },
  policy?: Pick<RunPolicy, 'approval'>,
): number {
  return policy?.approval.expiresMs ?? (run.adopted_plan_id === null ? 8 * 24 * hour : 24 * hour);
}
