/**
 * JSON that PostgreSQL's `jsonb` takes. It refuses NUL and half of a character, which a configuration may hold, an engine
 * repeat, and a text end with that was cut; and then nothing of the value would be kept, or of what is written with it.
 */
export function toJsonb(value: unknown): string {
  // An escaped backslash is taken whole, so that what follows it is not taken for an escape.
  return JSON.stringify(value).replace(/\\\\|\\u(?:0000|d[89a-f][\da-f]{2})/g, (found) =>
    found === '\\\\' ? found : '\\ufffd',
  );
}
