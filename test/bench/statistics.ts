/** The middle of several measurements; of an even count, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('There is no median of no values');
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? 0;
  return (upper + lower) / 2;
}

/** The value that this share of them does not exceed, such as 0.95. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

/** The median of each field, rounded to a tenth. */
export function medians<K extends string>(rows: readonly Record<K, number>[]): Record<K, number> {
  const first = rows[0];
  if (!first) throw new Error('There is no median of no rows');
  const keys = Object.keys(first) as K[];
  return Object.fromEntries(keys.map((key) => [key, rounded(median(rows.map((row) => row[key])))])) as Record<
    K,
    number
  >;
}

export function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Smallest and largest, as in `281 … 344`. */
export function spread(values: readonly number[]): string {
  return `${Math.round(Math.min(...values))} … ${Math.round(Math.max(...values))}`;
}

/** How long something takes, in milliseconds. */
export async function timed(act: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await act();
  return performance.now() - started;
}

/**
 * Measures in turn, A B A B, so that whatever else the machine does meets both sides alike. The first round warms up
 * and does not count.
 */
export async function interleave<Ours, Baseline>(
  rounds: number,
  sides: { ours: (round: number) => Promise<Ours>; baseline: (round: number) => Promise<Baseline> },
): Promise<{ ours: Ours[]; baseline: Baseline[] }> {
  const ours: Ours[] = [];
  const baseline: Baseline[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const a = await sides.ours(round);
    const b = await sides.baseline(round);
    if (round === 0) continue;
    ours.push(a);
    baseline.push(b);
  }
  return { ours, baseline };
}
