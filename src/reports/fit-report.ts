import { longestDetail } from '../run/failure.ts';
import type { PullRequestFacts } from './facts.ts';

/**
 * GitHub refuses a check's summary of more than 65,535 bytes, cuts a check's text off there, and allows a comment as many
 * characters. What is left of that is for what is put before a text that fits.
 */
export const maxBytes = 60_000;

export interface DiffScope {
  /** Whose attributes are shown. */
  attributes: 'all' | 'destroys' | 'none';
  /** How many resources are listed besides those that will be destroyed, which are always listed. */
  others: number;
}

/** How much a report says. Destroys are named on every rung, as far as anything can be. */
export interface Rung {
  /** How each stack's plan is shown; null where the table has to do. */
  diff: DiffScope | null;
  /** Characters of an engine's error that are shown. */
  errorLength: number;
  /** Rows of the stack table at most. */
  rows: number;
}

/** What a part of a report is rendered from, besides its stacks. */
export interface Scene {
  facts: PullRequestFacts;
  rung: Rung;
}

const every = Number.POSITIVE_INFINITY;
const full: Rung = { diff: { attributes: 'all', others: every }, errorLength: longestDetail, rows: every };
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
export function fitReport(detail: keyof typeof ladders, render: (rung: Rung) => string): string {
  for (const rung of ladders[detail]) {
    const text = render(rung);
    if (Buffer.byteLength(text) <= maxBytes) return text;
  }
  return render(shortTable);
}
