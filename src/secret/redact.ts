import { type Automaton, buildAutomaton } from './redact/automaton.ts';
import { formsOf, piecesOf } from './redact/forms.ts';
import { redactJson } from './redact/json.ts';
import { type Match, openReader } from './redact/reader.ts';

export { shortestSecret } from './redact/forms.ts';

/** What a secret is replaced by. */
export const mask = '***';

/** Hides a set of secrets in what is shown and stored. */
export interface Redaction {
  /** For a stream of bytes; what comes out is the same however it was cut. */
  stream(): RedactedStream;
  text(text: string): string;
  /** For a whole JSON text, which stays one: a number that is a secret becomes `"***"`. The same bytes where nothing is hidden. */
  json(bytes: Uint8Array): Uint8Array;
}

export interface RedactedStream {
  /** What of these bytes, and of some held back before, may be shown. Holds back no more than could be part of a secret. */
  add(bytes: Uint8Array): Buffer;
  /** The rest. Afterwards the stream can be used for something else. */
  end(): Buffer;
}

/**
 * Finds secrets exactly and in base64, escaped for URLs, JSON and shells, line by line, with colour codes inside.
 * Linear in what is read, with memory in proportion to the secrets. Nothing is promised for other transformations.
 */
export function redactionOf(secrets: Iterable<string>): Redaction {
  const pieces = piecesOf(secrets);
  if (pieces.size === 0) return openToAll;
  const automaton = buildAutomaton(formsOf(pieces));
  const keepColours = ![...pieces].some((piece) => piece.includes('\u001b'));
  const stream = () => redactStream(automaton, keepColours);
  const own = stream();
  const bytes = (given: Uint8Array) => Buffer.concat([own.add(given), own.end()]);
  const text = (given: string) => (given === '' ? '' : bytes(Buffer.from(given)).toString());
  return { stream, text, json: (given) => redactJson(given, { hides: (all) => !bytes(all).equals(all), text }) };
}

const openToAll: Redaction = {
  stream: () => ({ add: (bytes) => Buffer.from(bytes), end: () => Buffer.alloc(0) }),
  text: (text) => text,
  json: (bytes) => bytes,
};

function redactStream(automaton: Automaton, keepColours: boolean): RedactedStream {
  const reader = openReader(automaton);
  let held = Buffer.alloc(0);
  /** The place of `held`'s first byte in the stream. */
  let base = 0;
  const release = (matches: Match[], until: number): Buffer => {
    const parts: Buffer[] = [];
    for (const { start, end } of matches) {
      parts.push(held.subarray(0, start - base), Buffer.from(mask));
      if (keepColours) parts.push(...coloursIn(held.subarray(start - base, end - base)));
      held = held.subarray(end - base);
      base = end;
    }
    parts.push(held.subarray(0, until - base));
    held = Buffer.from(held.subarray(until - base));
    base = until;
    return Buffer.concat(parts);
  };
  return {
    add(bytes) {
      held = Buffer.concat([held, bytes]);
      reader.read(bytes);
      const until = reader.settledUntil();
      return release(reader.takeMatches(until), until);
    },
    end() {
      reader.finish();
      return release(reader.takeMatches(base + held.length), base + held.length);
    },
  };
}

/** A colour that is switched on or off within a secret holds for what follows it. */
function coloursIn(hidden: Buffer): Buffer[] {
  if (!hidden.includes(0x1b)) return [];
  return [Buffer.from((hidden.toString('latin1').match(colour) ?? []).join(''), 'latin1')];
}

/** Escape is written by its number: the linter takes it for a slip. */
const colour = new RegExp(`${String.fromCharCode(27)}\\[[0-9;:]{0,30}m`, 'g');
