import { code, href } from '../escape.ts';

/** How runs and stacks are named in what the bot says. Names that come from others are made inert. */

/** A run that is named to people. */
export interface NamedRun {
  number: number;
  url: string;
}

export function names(stacks: readonly string[]): string {
  const shown = stacks.slice(0, 20).map((stack) => code(stack));
  const left = stacks.length - shown.length;
  return shown.join(', ') + (left > 0 ? ` and ${left} more` : '');
}

/** Linked where the page is known; else in code, or GitHub would take the number for an issue's. */
export function runWords(run: { number: number; url?: string | undefined }): string {
  return run.url === undefined ? `run ${code(`#${run.number}`)}` : `[run #${run.number}](${href(run.url)})`;
}
