import { median, rounded, spread } from './statistics.ts';

/** One figure beside its baseline. All figures are such that smaller is better. */
export interface Report {
  name: string;
  unit: 'ms' | 'bytes';
  ours: number;
  /** Null for a figure that nothing is beside. */
  baseline: number | null;
  ratio: number | null;
  /** The largest ratio that is good enough, or the largest `ours` where there is no baseline; null for neither. */
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

/** A figure that is held against an aim alone. */
export function figureOf(figure: Pick<Report, 'name' | 'unit' | 'ours' | 'aim' | 'detail'>): Report {
  return { ...figure, ours: rounded(figure.ours), baseline: null, ratio: null };
}

/** For people, several lines. */
export function showReport(report: Report): string {
  const { baseline, ratio } = report;
  return baseline === null || ratio === null ? showFigure(report) : showRatio({ ...report, baseline, ratio });
}

function showFigure({ name, unit, ours, aim, detail }: Report): string {
  const { ours: what, ...rest } = detail;
  return [
    name,
    `  ours      ${pad(ours)} ${unit}${verdictOf(ours, aim)}  ${what}`,
    ...Object.entries(rest).map(([key, value]) => `  ${key}: ${showDetail(value)}`),
  ].join('\n');
}

function verdictOf(value: number, aim: number | null): string {
  return aim === null ? '' : value <= aim ? ` (aim ${aim}: met)` : ` (aim ${aim}: MISSED)`;
}

function showRatio(report: Report & { baseline: number; ratio: number }): string {
  const { name, ours, baseline, ratio, aim, detail } = report;
  const { ours: what, baseline: against, rounds, oursSpread, baselineSpread, ...rest } = detail;
  return [
    `${name}, medians of ${rounds}`,
    `  ours      ${pad(ours)} ms  ${oursSpread}  ${what}`,
    `  baseline  ${pad(baseline)} ms  ${baselineSpread}  ${against}`,
    `  ratio     ${ratio.toFixed(2).padStart(9)}${verdictOf(ratio, aim)}`,
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
