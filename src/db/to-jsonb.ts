/**
 * JSON that PostgreSQL's `jsonb` takes. It refuses NUL, which an engine may repeat from a configuration, and half of a
 * character, which a text may end with that was cut; nothing else of the value would then be kept either.
 */
export function toJsonb(value: unknown): string {
  return JSON.stringify(value, (_key, held: unknown) => (typeof held === 'string' ? storable(held) : held));
}

function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}
