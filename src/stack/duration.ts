import { quote } from './quote.ts';

const unitMs: Record<string, number> = { m: 60_000, h: 3_600_000, d: 24 * 3_600_000 };
const longestMs = 30 * 24 * 3_600_000;

export const durationPattern = /^([1-9]\d{0,4})([mhd])$/;

/** Why a text is no duration, as the end of a sentence; null if it is one. */
export function checkDuration(text: string): string | null {
  if (!durationPattern.test(text)) return `${quote(text)} is not a duration. Write one such as 45m, 24h or 7d.`;
  return (durationMs(text) ?? 0) > longestMs ? `${quote(text)} is too long; at most 30d are allowed.` : null;
}

/** `24h` in milliseconds; null where nothing was said. */
export function durationMs(text: string | undefined): number | null {
  const [, count, unit] = durationPattern.exec(text ?? '') ?? [];
  return count === undefined ? null : Number(count) * (unitMs[unit ?? ''] ?? 0);
}
