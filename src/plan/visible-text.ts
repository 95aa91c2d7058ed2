/**
 * Every character that a reader cannot see, or that reorders what stands beside it, written as its escape: control
 * characters, direction overrides, zero-width and tag characters, invisible letters, lone surrogates. Newlines and tabs
 * stay. A file name or a value then reads as what it is, and PostgreSQL's `jsonb`, which refuses NUL and lone
 * surrogates, can hold it.
 */
export function visibleText(text: string): string {
  return text.replace(invisible, escapeOf);
}

const invisible = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|[\u115f\u1160\u2800\u3164\uffa0]|[\u{e0100}-\u{e01ef}]/gu;

function escapeOf(character: string): string {
  if (character === '\r') return '\\r';
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
