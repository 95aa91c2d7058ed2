const longestQuote = 60;

/** Control characters, zero-width ones and those that turn the direction of writing: nobody can see them in a name. */
export const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

/** A value as an error message may show it: in quotes, on one line, cut, with nothing that hides or reorders text. */
export function quote(text: string, longest: number = longestQuote): string {
  const shown = text.length > longest ? `${text.slice(0, longest)}…` : text;
  const escaped = shown.replace(new RegExp(invisible, 'gu'), (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
  return `"${escaped}"`;
}

/** What a value is, for `must be text, but is …`. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'string') return quote(value);
  return `the ${typeof value} ${String(value)}`;
}
