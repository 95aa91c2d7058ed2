/** Shorter secrets are not masked: they would hide half of every log. Whoever sets one is warned. */
export const shortestSecret = 4;
/** Within a file or a structured secret, and with its blanks left out: shorter pieces are words like any other. */
const shortestPiece = 8;
const mostPieces = 1000;

/**
 * The byte strings by which a secret is found: itself, its lines, what a structured file holds, and each of them as it
 * looks in base64. What is escaped (JSON, URLs, shells) is read by views (`views.ts`) and needs no form, but where a
 * shell closes its quotes around a quote, and where something was escaped twice.
 */
export function formsOf(secrets: Iterable<string>): Buffer[] {
  const forms = new Map<string, Buffer>();
  const add = (bytes: Buffer) => forms.set(bytes.toString('latin1'), bytes);
  for (const piece of piecesOf(secrets)) {
    for (const text of spellingsOf(piece)) add(Buffer.from(text));
    for (const core of base64CoresOf(Buffer.from(piece))) for (const part of partsOf(core)) add(Buffer.from(part));
    const compact = Buffer.from(piece).filter((byte) => !isBlank(byte));
    if (compact.length >= shortestPiece) add(Buffer.from(compact));
  }
  return [...forms.values()].filter((form) => form.length >= shortestSecret);
}

/** What the view that leaves blanks out does not see: white space, and the bytes of the engines' frame `│`. */
export function isBlank(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0xe2 || byte === 0x94 || byte === 0x82;
}

function piecesOf(secrets: Iterable<string>): Set<string> {
  const pieces = new Set<string>();
  for (const secret of secrets) {
    if (Buffer.byteLength(secret) < shortestSecret) continue;
    pieces.add(secret);
    const trimmed = secret.trim();
    if (Buffer.byteLength(trimmed) >= shortestSecret) pieces.add(trimmed);
    const lines = secret.split(/[\r\n]+/).slice(0, mostPieces);
    for (const line of lines.length > 1 ? lines : []) addLine(line.trim(), pieces);
    for (const leaf of jsonLeavesOf(trimmed)) pieces.add(leaf);
  }
  return pieces;
}

function addLine(line: string, pieces: Set<string>): void {
  if (Buffer.byteLength(line) >= shortestSecret) pieces.add(line);
  const [, value = ''] = /^["']?[\w.-]{1,100}["']?\s{0,20}[:=]\s{0,20}(.*)$/.exec(line) ?? [];
  const bare = value.replace(/^["']/, '').replace(/["']?,?$/, '');
  if (Buffer.byteLength(bare) >= shortestPiece) pieces.add(bare);
}

/** The texts in a secret that is JSON, such as a cloud's key file: a configuration reads and prints them one by one. */
function jsonLeavesOf(text: string): string[] {
  if (!/^[[{]/.test(text)) return [];
  const leaves: string[] = [];
  try {
    JSON.parse(text, (_, value: unknown) => {
      if (typeof value === 'string' && leaves.length < mostPieces) leaves.push(value);
      return value;
    });
  } catch {
    return [];
  }
  return leaves.filter((leaf) => Buffer.byteLength(leaf) >= shortestPiece);
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

/**
 * The characters of base64 that the secret alone decides, for each of the three places it can begin at in its group of
 * three bytes. Those at the two edges hold bits of its neighbours too and give away four bits at most.
 */
function base64CoresOf(secret: Buffer): string[] {
  return [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), secret]).toString('base64');
    const from = Math.ceil((8 * offset) / 6);
    const to = Math.floor((8 * (offset + secret.length)) / 6);
    return text.slice(from, to);
  });
}

/**
 * Base64 is cut into lines, and an engine puts the name of a resource before each line that a provisioner prints: so each
 * part of this many characters is hidden by itself. For longer secrets that would take too much memory.
 */
const partLength = 12;
const longestInParts = 1000;

function partsOf(core: string): string[] {
  if (core.length <= partLength || core.length > longestInParts) return [core];
  const last = core.length - partLength;
  return [core, ...Array.from({ length: last + 1 }, (_, from) => core.slice(from, from + partLength))];
}
