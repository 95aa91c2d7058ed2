import type { DiffScope } from './diff.ts';

/** GitHub refuses comments over 65,536 characters and check texts over 65,535; the rest is for what counts differently there. */
export const maxLength = 60_000;

/** How much a report says. Destroys are named on every rung, as far as anything can be. */
export interface Rung {
  /** How each stack's plan is shown; null where the table has to do. */
  diff: DiffScope | null;
  /** Characters of an engine's error that are shown. */
  errorLength: number;
  /** Rows of the stack table at most. */
  rows: number;
}

const every = Number.POSITIVE_INFINITY;
const full: Rung = { diff: { attributes: 'all', others: every }, errorLength: 10_000, rows: every };
const destroysOnly: Rung = { diff: { attributes: 'destroys', others: every }, errorLength: 4_000, rows: every };
const names: Rung = { diff: { attributes: 'none', others: every }, errorLength: 4_000, rows: every };
const fewNames: Rung = { diff: { attributes: 'none', others: 50 }, errorLength: 1_000, rows: every };
const tableOnly: Rung = { diff: null, errorLength: 0, rows: every };
const shortTable: Rung = { diff: null, errorLength: 0, rows: 300 };

const ladders = {
  diff: [full, destroysOnly, fewNames, tableOnly],
  resources: [names, fewNames, tableOnly],
  summary: [tableOnly],
};

/**
 * Steps down from the fullest report that the setting allows to one that fits. Nothing is cut out of a text that is
 * already made, so no fence and no tag is left open.
 */
export function fitting(detail: keyof typeof ladders, render: (rung: Rung) => string): string {
  for (const rung of ladders[detail]) {
    const text = render(rung);
    if (text.length <= maxLength) return text;
  }
  return render(shortTable);
}
