import assert from 'node:assert/strict';
import { createAnsiReader } from '../../src/pages/ansi.ts';
import type { ReceivedEvent } from './watching.ts';

/** The lines of a log as somebody has them who reads the page and then its events. */
export class ShownLines {
  readonly lines: string[] = [];

  /** What the page was rendered with. */
  constructor(html: string) {
    this.#take(1, html);
  }

  /** A line may come anew only while it is the last one. */
  take({ data }: ReceivedEvent): void {
    const known = this.lines.length;
    assert.ok(data.first === known + 1 || data.first === known, `line ${data.first} came after ${known} lines`);
    this.#take(data.first, data.html);
  }

  #take(first: number, html: string): void {
    let expected = first;
    for (const [, number, line] of html.matchAll(/<code id="[a-z]+-L(\d+)"[^>]*>(.*?)<\/code>/gs)) {
      assert.equal(Number(number), expected);
      this.lines[expected - 1] = plainText(line ?? '');
      expected += 1;
    }
  }
}

/** What stands between the tags, exactly. */
function plainText(html: string): string {
  return html
    .replace(/<[^>]+>/g, '')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

/** The lines of a log that is read in one go. */
export function linesOf(log: Uint8Array): string[] {
  const reader = createAnsiReader();
  return [...reader.write(log), ...reader.end()].map((line) => line.map((span) => span.text).join(''));
}
