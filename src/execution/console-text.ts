import { basename } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { longestDetail } from '../run/failure.ts';
import { isConfiguration } from './find-backend.ts';

/** Longer lines are cut here: nothing we read from an engine's output is longer, and a line may have 200 MB. */
const lineLimit = 16_384;

/** Cuts bytes as they come into lines of plain text, and keeps no more than the start of a line in memory. */
export function splitLines(take: (line: string) => void): { add(bytes: Uint8Array): void; end(): void } {
  const decoder = new TextDecoder();
  let pending = '';
  const finish = () => {
    take(plainText(pending));
    pending = '';
  };
  const append = (text: string) => {
    if (pending.length < lineLimit) pending += text.slice(0, lineLimit - pending.length);
  };
  return {
    add(bytes) {
      const parts = decoder.decode(bytes, { stream: true }).split('\n');
      parts.forEach((part, index) => {
        if (index > 0) finish();
        append(part);
      });
    },
    end() {
      if (pending !== '') finish();
    },
  };
}

/** Without colour codes and other control characters; a tab is left. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text).replace(/[^\P{Cc}\t]/gu, '');
}

export interface Console {
  /** The engine's framed messages, oldest first, at most 2 MB: an expired password fails each resource of a stack. */
  boxes: string[][];
  /** The last lines, for an engine that failed without a framed message. */
  tail: string[];
  /**
   * The first lines from where Go's runtime says why it ends an engine, or a provider of it: `fatal error: runtime: out
   * of memory`. What each goroutine was at comes after that, in tens of thousands of lines. Empty if it does not.
   */
  crash: string[];
}

const boxLimit = 2_000_000;
const tailLimit = 200;

/** Collects what a failure is explained with. Text of a provisioner is prefixed by the engine and cannot pose as a frame. */
export function collectConsole(): Console & { line(text: string): void } {
  const boxes: string[][] = [];
  const tail: string[] = [];
  let open: string[] | null = null;
  let size = 0;
  const crash: string[] = [];
  return {
    boxes,
    tail,
    crash,
    line(text) {
      tail.push(text);
      if (tail.length > tailLimit) tail.shift();
      const crashes = crash.length > 0 || text.startsWith('fatal error: ');
      if (crashes && crash.length < tailLimit) crash.push(text);
      if (text.startsWith('╷')) open = [];
      else if (text.startsWith('╵')) {
        if (open !== null) boxes.push(open);
        open = null;
      } else if (open !== null && text.startsWith('│') && size < boxLimit) {
        size += text.length;
        open.push(text.replace(/^│ ?/, ''));
      }
    },
  };
}

/** What a command printed that was not followed line by line. */
export function readConsole(text: string): Console {
  const console = collectConsole();
  for (const line of text.split('\n')) console.line(plainText(line));
  return console;
}

/** What a person reads first: the messages, else why it crashed, else the end of the output. At most `longestDetail`. */
export function describeConsole(console: Console): string {
  const errors = console.boxes.filter((box) => box[0]?.startsWith('Error'));
  if (errors.length > 0) return upTo(errors.map((box) => withoutOpenValues(box).join('\n')).join('\n\n'));
  if (console.crash.length > 0) return upTo(console.crash.join('\n'));
  return console.tail.join('\n').trim().slice(-longestDetail);
}

function upTo(text: string): string {
  return text.trim().slice(0, longestDetail);
}

/**
 * A variable that its own validation refuses is shown with its value, and a mistake in a file of variables with its line,
 * also where the variable is declared as sensitive: the engines mark it later (seen with Terraform 1.11). Such a file may
 * have any name. What they show beside other errors bears its marks.
 */
function withoutOpenValues(box: readonly string[]): readonly string[] {
  const validated = box[0]?.startsWith('Error: Invalid value for variable');
  const files = box.flatMap((line) => /^ {2}on (.+?) line \d+/.exec(line)?.[1] ?? []);
  const given = files.some((file) => !isConfiguration(basename(file)));
  if (!validated && !given) return box;
  return box.filter((line) => !/^ {4}[├│]/.test(line) && !(given && /^ {2,}\d+:/.test(line)));
}
