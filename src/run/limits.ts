import type { RunPolicy } from './policy.ts';
import type { RunType } from './status.ts';

const hour = 3_600_000;

/** How long the engine may take. */
export const planTimeoutMs = hour;
export const applyTimeoutMs = 6 * hour;

/** How long a run waits for a worker, and a plan of the tracked branch for a person, until it is given up. */
export const workerWaitSeconds = 24 * 3600;
export const approvalWaitSeconds = 7 * 24 * 3600;

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

/** A limit as zenfra.yml may spell it: `90m`, `24h`, `7d`. */
export function durationText(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes % 60 !== 0) return `${minutes}m`;
  return minutes % 1440 === 0 && minutes > 1440 ? `${minutes / 1440}d` : `${minutes / 60}h`;
}
