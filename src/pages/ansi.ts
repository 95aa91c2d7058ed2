import type { LogLine, LogSpan } from '../../views/parts/log-lines.tsx';
import { visibleText } from '../plan/visible-text.ts';
import { linkAddresses } from './log-links.ts';
import { applySgr, noStyle, type SgrStyle, styleClasses } from './sgr.ts';

/** Characters of a line that a page keeps; the rest is counted. A line of 200 MB must not become a page of 200 MB. */
const maxLineLength = 10_000;
/** Differently styled parts of a line; beyond, the last style stays. */
const maxSpans = 1_000;
/** Longer parameter lists than this belong to no sequence that we know: the sequence is dropped. */
const maxParameters = 256;

/** Reads a terminal's bytes into styled lines; what is not text, colour or weight is dropped. */
export interface AnsiReader {
  /** Takes the next bytes and gives the lines they complete. Characters and sequences may be split over calls. */
  write(bytes: Uint8Array): LogLine[];
  /** The line under way as it is so far; null if it is empty. Reading goes on after it. */
  peek(): LogLine | null;
  /** The line under way if it is long, for who wants all of it and not to keep it: what follows comes as its rest. */
  takeLong(): LogLine | null;
  /** Gives the last line if it had no newline. */
  end(): LogLine[];
}

type Mode = 'text' | 'escape' | 'csi' | 'string';

interface ReaderState {
  /** Characters of a line that are kept. */
  limit: number;
  mode: Mode;
  parameters: string;
  style: SgrStyle;
  classes: string;
  line: OpenLine;
  done: LogLine[];
}

interface OpenLine {
  spans: LogSpan[];
  length: number;
  /** Characters beyond the limit. */
  cut: number;
  /** A carriage return came: the next text starts the line anew, as progress bars do. */
  returned: boolean;
}

/**
 * Makes a reader whose colour state goes on from one call to the next. Written here because the usual converters write
 * inline styles (which the pages' policy forbids) and cannot go on where they stopped.
 */
export function createAnsiReader(limit = maxLineLength): AnsiReader {
  const decoder = new TextDecoder('utf-8');
  const state: ReaderState = {
    limit,
    mode: 'text',
    parameters: '',
    style: noStyle,
    classes: '',
    line: emptyLine(),
    done: [],
  };
  return {
    write: (bytes) => read(state, decoder.decode(bytes, { stream: true })),
    peek: () => (state.line.length > 0 ? toLine(state.line) : null),
    takeLong: () => {
      if (state.line.length < maxLineLength || state.line.returned) return null;
      const line = toLine(state.line);
      state.line = emptyLine();
      return line;
    },
    end: () => {
      const lines = read(state, decoder.decode());
      if (state.line.length > 0) finishLine(state);
      return [...lines, ...state.done.splice(0)];
    },
  };
}

function emptyLine(): OpenLine {
  return { spans: [], length: 0, cut: 0, returned: false };
}

/** Everything that needs no decision: no control character (C0, DEL, C1), none that turns the direction of text. */
const plainText = /[^\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/uy;

function read(state: ReaderState, text: string): LogLine[] {
  let at = 0;
  while (at < text.length) {
    plainText.lastIndex = at;
    const plain = state.mode === 'text' ? plainText.exec(text)?.[0] : undefined;
    if (plain === undefined) {
      step(state, text.charAt(at));
      at += 1;
    } else {
      append(state, plain, state.classes);
      at += plain.length;
    }
  }
  return state.done.splice(0);
}

/** A newline ends every sequence, so that one that is never closed cannot swallow the log. */
function step(state: ReaderState, char: string): void {
  if (char === '\n') {
    state.mode = 'text';
    finishLine(state);
  } else if (char === '\u001b') {
    state.mode = 'escape';
  } else {
    steps[state.mode](state, char);
  }
}

const steps: Record<Mode, (state: ReaderState, char: string) => void> = {
  text: stepText,
  escape: stepEscape,
  csi: stepCsi,
  string: stepString,
};

function stepText(state: ReaderState, char: string): void {
  if (char === '\r') state.line.returned = true;
  else if (char === '\t') append(state, char, state.classes);
  else if (char === '\u009b') startCsi(state);
  else if ('\u0090\u0098\u009d\u009e\u009f'.includes(char)) state.mode = 'string';
  else if (char === '\u0000' || char > '\u009f') append(state, visibleText(char), 'control');
}

function stepEscape(state: ReaderState, char: string): void {
  if (char === '[') startCsi(state);
  else if (']PX^_'.includes(char)) state.mode = 'string';
  else if (char < ' ' || char > '/') state.mode = 'text';
}

function startCsi(state: ReaderState): void {
  state.mode = 'csi';
  state.parameters = '';
}

function stepCsi(state: ReaderState, char: string): void {
  if (char < '@' || char > '~') {
    if (state.parameters.length <= maxParameters) state.parameters += char;
    return;
  }
  state.mode = 'text';
  if (char !== 'm' || !/^[\d;:]{0,256}$/.test(state.parameters)) return;
  state.style = applySgr(state.style, state.parameters);
  state.classes = styleClasses(state.style);
}

/** Titles, links, clipboard writes: everything up to BEL or the string terminator is dropped. */
function stepString(state: ReaderState, char: string): void {
  if (char === '\u0007' || char === '\u009c') state.mode = 'text';
}

function append(state: ReaderState, text: string, classes: string): void {
  if (state.line.returned) state.line = emptyLine();
  const { line } = state;
  const kept = text.slice(0, state.limit - line.length).replace(/[\ud800-\udbff]$/, '');
  line.cut += text.length - kept.length;
  if (kept === '') return;
  line.length += kept.length;
  const last = line.spans.at(-1);
  if (last && (last.classes === classes || line.spans.length >= maxSpans)) last.text += kept;
  else line.spans.push({ text: kept, classes });
}

function finishLine(state: ReaderState): void {
  state.done.push(toLine(state.line));
  state.line = emptyLine();
}

function toLine({ spans, cut }: OpenLine): LogLine {
  const line = spans.flatMap(linkAddresses);
  if (cut > 0) line.push({ text: ` … ${cut} more characters, in the downloaded log`, classes: 'note' });
  return line;
}
