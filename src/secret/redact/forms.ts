/** Shorter secrets are not masked: they would hide half of every log. Whoever sets one is warned. */
export const shortestSecret = 4;
/** Within a file or a structured secret, and with its blanks left out: shorter pieces are words like any other. */
const shortestPiece = 8;
/** Characters. Further texts of several lines are found by these alone: whole, they would take as much memory again. */
const mostWhole = 50_000;

/**
 * The byte strings by which pieces of secrets are found: as they are, and in base64. What is escaped (JSON, URLs, shells)
 * is read by views (`views.ts`) and needs no form, but where a shell closes its quotes around a quote, and where
 * something was escaped twice. Many forms come more than once.
 */
export function* formsOf(pieces: Iterable<string>): Generator<Uint8Array> {
  const inParts = mostInParts();
  for (const piece of [...pieces].sort((a, b) => a.length - b.length)) {
    const bytes = Buffer.from(piece);
    for (const text of spellingsOf(piece)) if (text.length >= shortestSecret) yield Buffer.from(text);
    for (const core of base64CoresOf(bytes)) yield* inParts(core);
    const compact = bytes.filter((byte) => !isBlank(byte));
    if (compact.length >= shortestPiece) yield compact;
  }
}

/** What the view that leaves blanks out does not see: white space, and the bytes of the engines' frame `│`. */
export function isBlank(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0xe2 || byte === 0x94 || byte === 0x82;
}

/** What is hidden: secrets, their lines, and what a structured file holds. */
export function piecesOf(secrets: Iterable<string>): Set<string> {
  const pieces = new Set<string>();
  let left = mostWhole;
  const addText = (text: string) => {
    if (Buffer.byteLength(text) < shortestSecret) return;
    const lines = text.split(/[\r\n]+/);
    if (lines.length === 1) {
      pieces.add(text);
      addLine(text.trim(), pieces);
    } else {
      for (const line of lines) addLine(line.trim(), pieces);
      if (text.length > left) return;
      left -= text.length;
      pieces.add(text);
    }
  };
  const addSecret = (secret: string) => {
    const trimmed = secret.trim();
    addText(secret);
    if (trimmed !== secret) addText(trimmed);
    for (const leaf of leavesOf(trimmed)) addText(leaf);
  };
  for (const secret of secrets) {
    addSecret(secret);
    // The engines compose each string that they read: an accent typed by itself comes out in one with its letter.
    const composed = secret.normalize('NFC');
    if (composed !== secret) addSecret(composed);
  }
  return pieces;
}

/** A setting may be exported to a shell, or be the first of a list's item in YAML; and an item may be a value alone. */
function addLine(line: string, pieces: Set<string>): void {
  if (Buffer.byteLength(line) >= shortestSecret) pieces.add(line);
  const [, dash, rest = line] = /^(export|-)\s{1,20}(.*)$/.exec(line) ?? [];
  const [, set] = /^["']?[\w.-]{1,100}["']?\s{0,20}[:=]\s{0,20}(.*)$/.exec(rest) ?? [];
  const value = set ?? (dash === '-' ? rest : '');
  const bare = value.replace(/^["']/, '').replace(/["']?,?$/, '');
  if (Buffer.byteLength(bare) >= shortestPiece) pieces.add(bare);
}

/** The texts in a secret that is JSON, such as a cloud's key file, or HCL: a configuration reads and prints them one by one. */
function leavesOf(text: string): string[] {
  return (jsonLeavesOf(text) ?? hclLeavesOf(text)).filter((leaf) => Buffer.byteLength(leaf) >= shortestPiece);
}

function jsonLeavesOf(text: string): string[] | null {
  if (!/^[[{]/.test(text)) return null;
  const leaves: string[] = [];
  try {
    JSON.parse(text, (_, value: unknown) => {
      if (typeof value === 'string') leaves.push(value);
      return value;
    });
  } catch {
    return null;
  }
  return leaves;
}

/** What stands in quotes as a value, and not as a name: of an object given as a variable, or in a file of variables. */
function hclLeavesOf(text: string): string[] {
  return [...text.matchAll(hclValue)].map(([, quoted = '']) => {
    const read = backslashed.test(quoted) ? unescaped(quoted) : quoted;
    return read.replaceAll('$${', '${').replaceAll('%%{', '%{');
  });
}

const hclValue = /[=:[{(,]\s*"((?:[^"\\\r\n]|\\.)*)"(?!\s*[=:])/g;
const backslashed = /\\/;

function unescaped(quoted: string): string {
  try {
    return JSON.parse(`"${quoted}"`) as string;
  } catch {
    return quoted;
  }
}

function spellingsOf(piece: string): Set<string> {
  const spellings = [
    piece,
    JSON.stringify(piece).slice(1, -1),
    piece.replaceAll(' ', '+'),
    piece.replaceAll("'", `'\\''`),
    piece.replaceAll("'", `'"'"'`),
    piece.replaceAll('\n', '\r\n'),
  ];
  return new Set([...spellings, ...spellings.map(withoutColours)]);
}

/** As the view without colour codes would see it. */
function withoutColours(text: string): string {
  return text.includes('\u001b') ? text.replace(sequence, '') : text;
}

/** Escape is written by its number: the linter takes it for a slip. */
const sequence = new RegExp(`${String.fromCharCode(27)}(?:\\[[0-?]*[ -/]*[@-~]|[ -/]*[0-Z\\\\-~])`, 'g');

interface Core {
  text: Buffer;
  /** Where the first group of four characters begins in it. */
  border: number;
}

/**
 * The characters of base64 that the secret alone decides, for each of the three places it can begin at in its group of
 * three bytes. Those at the two edges hold bits of its neighbours too and give away four bits at most.
 */
function base64CoresOf(secret: Buffer): Core[] {
  return [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), secret]).toString('base64');
    const from = Math.ceil((8 * offset) / 6);
    const to = Math.floor((8 * (offset + secret.length)) / 6);
    return { text: Buffer.from(text.slice(from, to)), border: (4 - (from % 4)) % 4 };
  });
}

/** Characters. Base64 is cut into lines, and an engine puts a name before each line that a provisioner prints. */
const partLength = 12;
/** Characters of all parts, which are those of some 80 kB of secrets. Of what is left, whole lines are found. */
const mostOfParts = 1_000_000;

/**
 * Gives a core in parts: those that begin with a group, where lines are cut, and those at its two ends. They overlap, and
 * so cover all of it. Where a line is cut elsewhere, it shows three characters at most at each end.
 */
function mostInParts(): (core: Core) => Generator<Uint8Array> {
  let left = mostOfParts;
  return function* inParts({ text, border }) {
    const last = text.length - partLength;
    const cost = (last / 4) * partLength;
    if (last <= 0 || cost > left) return yield text;
    left -= cost;
    const part = (from: number) => text.subarray(from, from + partLength);
    yield part(0);
    for (let from = border; from < last; from += 4) yield part(from);
    yield part(last);
  };
}
