import { isBlank } from './forms.ts';

/** Told each byte that a view reads, and the part of the stream it was read from. */
export type Take = (byte: number, start: number, end: number) => void;

/** One way to read a stream of bytes. `start` and `end` are places in the stream. */
export interface View {
  feed: Take;
  /** What waits for the rest of an escape is read as it stands. */
  finish(): void;
  /** Where an unfinished escape began; Infinity if there is none. */
  pendingFrom(): number;
}

/** Leaves out terminal sequences: CSI (colours) and the short ones. Titles and links are text like any other. */
export function withoutColours(take: Take): { feed: Take; isInside(): boolean; reset(): void } {
  let inside: 'no' | 'escape' | 'short' | 'csi' = 'no';
  const feed: Take = (byte, start, end) => {
    if (byte === 0x1b) inside = 'escape';
    else if (inside === 'no') take(byte, start, end);
    else if (inside === 'escape' && byte === 0x5b) inside = 'csi';
    else if (byte >= 0x20 && byte <= 0x2f) inside = inside === 'escape' ? 'short' : inside;
    else if (inside === 'csi' && byte >= 0x30 && byte <= 0x3f) return;
    else {
      inside = 'no';
      // Not a sequence after all: the byte is one of the text.
      if (byte < 0x30 || byte > 0x7e) take(byte, start, end);
    }
  };
  const reset = () => {
    inside = 'no';
  };
  return { feed, isInside: () => inside !== 'no', reset };
}

export function plainView(take: Take): View {
  return { feed: take, finish: () => {}, pendingFrom: () => Number.POSITIVE_INFINITY };
}

/** Without white space, so that wrapped and indented text is seen whole: base64 in lines of 76, a framed message. */
export function compactView(take: Take): View {
  return plainView((byte, start, end) => {
    if (!isBlank(byte)) take(byte, start, end);
  });
}

/** What a text means as an escape if it ends here (null: nothing), and whether a longer one may be an escape. */
type Meaning = (text: string) => { bytes: readonly number[] | null; more: boolean };

const none = { bytes: null, more: false };

/** `%41`, as in URLs and forms, whichever characters were escaped and in either case. */
export function percentView(take: Take): View {
  return escapeView('%', take, (text) => {
    if (/^%[0-9a-f]{2}$/i.test(text)) return { bytes: [Number.parseInt(text.slice(1), 16)], more: false };
    return { bytes: null, more: /^%[0-9a-f]?$/i.test(text) };
  });
}

/** `\n`, `\"`, `\x41`, `\101`, `\u0041`, `\u{41}`: of JSON, HCL, Go, `$'…'`; and of shells, where a backslash quotes what follows. */
export function backslashView(take: Take): View {
  return escapeView('\\', take, readBackslash);
}

/** Escaped twice: an engine prints the text of a JSON document within quotes of its own. */
export function twiceBackslashedView(take: Take): View {
  const inner = backslashView(take);
  const outer = backslashView(inner.feed);
  return {
    feed: outer.feed,
    finish: () => {
      outer.finish();
      inner.finish();
    },
    pendingFrom: () => Math.min(outer.pendingFrom(), inner.pendingFrom()),
  };
}

const control: Record<string, number> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, e: 27 };

function readBackslash(text: string): ReturnType<Meaning> {
  const kind = text.charAt(1);
  const rest = text.slice(2);
  if (kind === '') return { bytes: null, more: true };
  if (kind === 'u' || kind === 'U') return readCodePoint(text);
  if (kind === 'x') {
    if (!/^[0-9a-f]{0,2}$/i.test(rest)) return none;
    return { bytes: rest === '' ? null : [Number.parseInt(rest, 16)], more: rest.length < 2 };
  }
  if (/[0-7]/.test(kind)) {
    const digits = text.slice(1);
    if (!/^[0-7]{1,3}$/.test(digits)) return none;
    return { bytes: [Number.parseInt(digits, 8) & 0xff], more: digits.length < 3 };
  }
  return rest === '' ? { bytes: [control[kind] ?? kind.charCodeAt(0)], more: false } : none;
}

const codePoint = /^\\(?:u([0-9a-f]{4})(?:\\u(d[c-f][0-9a-f]{2}))?|U([0-9a-f]{8})|u\{([0-9a-f]{1,6})\})$/i;
const codePointBegun =
  /^\\(?:u(?:[0-9a-f]{0,4}|\{[0-9a-f]{0,6}|d[89ab][0-9a-f]{2}\\(?:u(?:d(?:[c-f][0-9a-f]?)?)?)?)|U[0-9a-f]{0,7})$/i;

/** A pair of surrogates is one character. */
function readCodePoint(text: string): ReturnType<Meaning> {
  const [found, unit, low, long, braced] = codePoint.exec(text) ?? [];
  const isHigh = low === undefined && /^d[89ab]/i.test(unit ?? '');
  if (found === undefined || isHigh) return { bytes: null, more: isHigh || codePointBegun.test(text) };
  const value = Number.parseInt(unit ?? long ?? braced ?? '', 16);
  const whole = low === undefined ? value : 0x10000 + ((value & 0x3ff) << 10) + (Number.parseInt(low, 16) & 0x3ff);
  if (whole > 0x10ffff) return none;
  return { bytes: [...Buffer.from(String.fromCodePoint(whole))], more: false };
}

function escapeView(first: string, take: Take, meaning: Meaning): View {
  const opening = first.charCodeAt(0);
  let text = '';
  let places: [number, number][] = [];
  /** Nothing more belongs to the escape: it means something as it is, or its first character stands for itself. */
  const settle = () => {
    const [read, from] = [text, places];
    text = '';
    places = [];
    const { bytes } = meaning(read);
    const [start, end] = [from[0]?.[0] ?? 0, from.at(-1)?.[1] ?? 0];
    if (bytes !== null) for (const byte of bytes) take(byte, start, end);
    else {
      take(opening, start, from[0]?.[1] ?? 0);
      for (let at = 1; at < read.length; at += 1) feed(read.charCodeAt(at), from[at]?.[0] ?? 0, from[at]?.[1] ?? 0);
    }
  };
  const feed: Take = (byte, start, end) => {
    if (text === '' && byte !== opening) return take(byte, start, end);
    const { bytes, more } = text === '' ? { bytes: null, more: true } : meaning(text + String.fromCharCode(byte));
    if (!more && bytes === null) {
      settle();
      return feed(byte, start, end);
    }
    text += String.fromCharCode(byte);
    places.push([start, end]);
    if (!more) settle();
  };
  const finish = () => {
    while (text !== '') settle();
  };
  return { feed, finish, pendingFrom: () => places[0]?.[0] ?? Number.POSITIVE_INFINITY };
}
