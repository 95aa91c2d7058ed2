declare global {
  /** TypeScript does not know of it yet. */
  interface JSON {
    rawJSON(text: string): unknown;
  }
}

/** A number that a double cannot hold without loss, kept as it was written. */
export class WrittenNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }

  /** As it was written, in JSON as well. */
  toJSON(): unknown {
    return JSON.rawJSON(this.text);
  }
}

export type JsonRecord = Record<string, unknown>;

/**
 * Parses JSON and keeps numbers that JavaScript would round, such as 64-bit ids, as `WrittenNumber`.
 * Throws a `SyntaxError` for what is not JSON.
 */
export function parseExactly(text: string): unknown {
  // A reviver makes parsing several times slower and recurses, so it is used only where a number may need it.
  if (!mayLosePrecision.test(text)) return JSON.parse(text);
  try {
    return JSON.parse(text, keepWritten);
  } catch (error) {
    if (error instanceof RangeError) return JSON.parse(text);
    throw error;
  }
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof WrittenNumber);
}

/** A member that the value itself has: never one of a prototype, whatever the key is called. */
export function member(value: unknown, key: string | number): unknown {
  if (Array.isArray(value)) return typeof key === 'number' ? value[key] : undefined;
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** The records in a list; anything else in it, or no list at all, counts for nothing. */
export function recordsIn(value: unknown): JsonRecord[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** The text of a member; undefined for an empty one and for one that is no text. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

const mayLosePrecision = /\d{16}|\d\.\d{15}|\d[eE][+-]?\d/;

function keepWritten(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  return String(value) === context.source ? value : new WrittenNumber(context.source);
}
