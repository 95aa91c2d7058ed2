import { median, rounded, spread } from './statistics.ts';

/** One figure beside its baseline. All figures are such that smaller is better. */
export interface Report {
  name: string;
  unit: 'ms';
  ours: number;
  baseline: number;
  ratio: number;
  /** The largest ratio that is good enough; null where there is no such line. */
  aim: number | null;
  detail: Record<string, Detail>;
}

type Detail = number | string | Record<string, number>;

/** What a bench hands over: every measurement, in milliseconds, and what both sides are in a few words. */
export interface Measured {
  name: string;
  what: string;
  against: string;
  ours: number[];
  baseline: number[];
  aim: number | null;
  detail: Record<string, Detail>;
}

export function reportOf({ name, ours, baseline, aim, what, against, detail }: Measured): Report {
  const [a, b] = [median(ours), median(baseline)];
  return {
    name,
    unit: 'ms',
    ours: rounded(a),
    baseline: rounded(b),
    ratio: Math.round((a / b) * 100) / 100,
    aim,
    detail: {
      ours: what,
      baseline: against,
      rounds: ours.length,
      oursSpread: spread(ours),
      baselineSpread: spread(baseline),
      ...detail,
    },
  };
}

/** For people, several lines. */
export function showReport({ name, ours, baseline, ratio, aim, detail }: Report): string {
  const { ours: what, baseline: against, rounds, oursSpread, baselineSpread, ...rest } = detail;
  const verdict = aim === null ? '' : ratio <= aim ? ` (aim ${aim}: met)` : ` (aim ${aim}: MISSED)`;
  return [
    `${name}, medians of ${rounds}`,
    `  ours      ${pad(ours)} ms  ${oursSpread}  ${what}`,
    `  baseline  ${pad(baseline)} ms  ${baselineSpread}  ${against}`,
    `  ratio     ${ratio.toFixed(2).padStart(9)}${verdict}`,
    ...Object.entries(rest).map(([key, value]) => `  ${key}: ${showDetail(value)}`),
  ].join('\n');
}

function showDetail(value: Detail): string {
  if (typeof value !== 'object') return String(value);
  return Object.entries(value)
    .map(([key, part]) => `${key} ${part}`)
    .join(' · ');
}

function pad(value: number): string {
  return value.toFixed(1).padStart(9);
}
