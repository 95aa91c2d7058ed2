import { visibleText } from '../plan/visible-text.ts';

/**
 * Text of others (values, names, messages) goes into Markdown in one of three ways, and no other: in a fence, in a code
 * span, or as plain words when it has no character that could mean anything. Nobody is mentioned then, no issue is
 * linked, no image is loaded and no tag is opened. Backslashes would not do: GitHub links `\@name` all the same.
 */

/** Names and addresses longer than this are cut in running text. */
const maxSpan = 200;

/** A code span on one line. Not for table cells: see `cellCode`. */
export function code(text: string): string {
  const line = oneLine(text) || ' ';
  const ticks = '`'.repeat(longestRun(line) + 1);
  const pad = /^`|`$|^ .* $/.test(line) ? ' ' : '';
  return ticks + pad + line + pad + ticks;
}

/** A code span that a table cell can hold: there a pipe ends the cell even in code, and a backslash before it does not help. */
export function cellCode(text: string): string {
  return /[|\\]/.test(oneLine(text)) ? htmlCode(text) : code(text);
}

/** Plain words where the text is harmless, else a code span. */
export function prose(text: string, span: (text: string) => string = code): string {
  const line = oneLine(text, 500);
  return isHarmless(line) ? line : span(line);
}

/** A sentence of ours that may name things: `code` stays code, `#12` and `@kim` become code, so that nobody is called. */
export function sentence(text: string, span: (text: string) => string = code): string {
  return oneLine(text, 500)
    .split(/(`[^`]+`|@[\w-]+(?:\[bot\])?|#\d+)/)
    .map((part, index) => (index % 2 === 1 ? span(part.replaceAll('`', '')) : spaced(part, span)))
    .join('');
}

/** Bold words, or bold code where they are not harmless. */
export function bold(text: string, span: (text: string) => string = code): string {
  return `**${prose(text, span)}**`;
}

/** For HTML on one line, such as a `<summary>`. */
export function html(text: string): string {
  const line = oneLine(text);
  return isHarmless(line) ? line.replaceAll("'", '&#39;').replaceAll('"', '&quot;') : htmlCode(line);
}

export function htmlCode(text: string): string {
  return `<code>${oneLine(text).replace(/[^\p{L}\p{N} ./_-]/gu, entity)}</code>`;
}

/** A fence that nothing inside can close. A marker of ours inside is broken up, so that no comment is taken for another. */
export function fence(text: string, language = ''): string {
  const body = visibleText(text).replaceAll('<!-- zenfra:', '<!-- zenfra\\:');
  const ticks = '`'.repeat(Math.max(3, longestRun(body) + 1));
  return `${ticks}${language}\n${body}\n${ticks}`;
}

/** An address for a Markdown link or an attribute: nothing in it can end either. */
export function href(url: string): string {
  return visibleText(url).replace(/[\s()<>"'|\\`]/g, (character) => percent(character));
}

/** One line of at most `max` characters, with what cannot be seen made visible. */
export function oneLine(text: string, max = maxSpan): string {
  const line = visibleText(text.slice(0, max + 1))
    .replaceAll('\n', '\\n')
    .replaceAll('\t', ' ');
  return line.length > max ? `${line.slice(0, max).replace(/[\ud800-\udbff]$/, '')}…` : line;
}

/** A GitHub login as a mention, where it is one; their owner is told. */
export function mention(login: string): string {
  return /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})(?:\[bot\])?$/.test(login) ? `@${login}` : prose(login);
}

function spaced(part: string, span: (text: string) => string): string {
  const inner = part.trim();
  if (inner === '') return part;
  const start = part.indexOf(inner);
  return part.slice(0, start) + prose(inner, span) + part.slice(start + inner.length);
}

function isHarmless(line: string): boolean {
  const words = line.replace(/(?<=[A-Za-z0-9])_+(?=[A-Za-z0-9])/g, '');
  return harmless.test(words) && !linked.test(words) && !startsBlock.test(words);
}

const harmless = /^[\p{L}\p{N} .,;:'"()?!%=/→…–—-]*$/u;
/** What GitHub makes a link of without being asked. */
const linked = /:\/\/|www\.|mailto:|\bGH-\d/i;
const startsBlock = /^(?:[-=]|\d+[.)]\s|\s|$)/;

function longestRun(text: string): number {
  let longest = 0;
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  return longest;
}

function entity(character: string): string {
  return `&#${character.codePointAt(0)};`;
}

function percent(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x80 ? `%${code.toString(16).toUpperCase().padStart(2, '0')}` : encodeURIComponent(character);
}
