import { sentence } from './escape.ts';
import type { PullRequestFacts } from './facts.ts';

/** Parts of a text with an empty line between them; empty parts are left out. */
export function paragraphs(texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join('\n\n');
}

/** What is of interest beyond any one stack. */
export function noteParagraphs(facts: PullRequestFacts): string[] {
  return facts.notes.slice(0, 5).map((note) => `> [!NOTE]\n> ${sentence(note)}`);
}
