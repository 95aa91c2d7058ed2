/**
 * Checks that `bytes` are one JSON object and gives the raw text of the members of its outermost level that are in
 * `wanted`; undefined if they are not. The last of several members of one name counts, as it does for the engines.
 *
 * `JSON.parse` would not do: it turns large integers into floats, and builds the whole of a state of a hundred
 * megabytes to read three members. This one keeps one byte per open bracket, so that depth costs nothing either.
 */
export function scanObject(bytes: Buffer, wanted: readonly string[]): Map<string, string> | undefined {
  const places = locateMembers(bytes, wanted);
  return places && new Map([...places].map(([name, { start, end }]) => [name, bytes.toString('utf8', start, end)]));
}

/** Where a member's value stands: from `start` up to `end`. Empty for a container that holds something. */
export interface MemberPlace {
  start: number;
  end: number;
}

/** As `scanObject`, with the places of the values instead of their text. */
export function locateMembers(bytes: Buffer, wanted: readonly string[]): Map<string, MemberPlace> | undefined {
  const found = new Map<string, MemberPlace>();
  const scan: Scan = { bytes, at: 0, open: Buffer.alloc(64), depth: 0, name: undefined, found };
  skipSpace(scan);
  if (bytes[scan.at] !== braceOpen) return undefined;
  while (scanValue(scan, wanted)) {
    if (!closeAll(scan)) return undefined;
    if (scan.depth === 0) return scan.at === bytes.length ? found : undefined;
    if (isObject(scan) && !scanName(scan, wanted)) return undefined;
  }
  return undefined;
}

interface Scan {
  bytes: Buffer;
  at: number;
  /** For each open bracket, which one. */
  open: Buffer;
  depth: number;
  /** The outermost member we are in, if it is a wanted one. */
  name: string | undefined;
  found: Map<string, MemberPlace>;
}

const [quote, backslash, comma, colon, minus] = [0x22, 0x5c, 0x2c, 0x3a, 0x2d];
const [braceOpen, braceClose, bracketOpen, bracketClose] = [0x7b, 0x7d, 0x5b, 0x5d];
/** Of names and values that are kept; longer ones are none of those we look for. */
const keptLength = 1024;

/** Takes a scalar, an empty container, or goes into containers up to their first scalar. */
function scanValue(scan: Scan, wanted: readonly string[]): boolean {
  for (;;) {
    const first = scan.bytes[scan.at];
    if (first !== braceOpen && first !== bracketOpen) return scanScalar(scan);
    const [start, outer] = [scan.at, scan.depth];
    push(scan, first);
    scan.at += 1;
    skipSpace(scan);
    if (scan.bytes[scan.at] === (first === braceOpen ? braceClose : bracketClose)) {
      if (outer === 1) keep(scan, start, scan.at + 1);
      return true;
    }
    if (first === braceOpen && !scanName(scan, wanted)) return false;
  }
}

/** After a value: closes what ends here. True at a comma, behind which the next one starts, and at the end of all. */
function closeAll(scan: Scan): boolean {
  for (;;) {
    skipSpace(scan);
    if (scan.depth === 0) return true;
    const byte = scan.bytes[scan.at];
    if (byte === comma) {
      scan.at += 1;
      skipSpace(scan);
      return true;
    }
    if (byte !== (isObject(scan) ? braceClose : bracketClose)) return false;
    scan.depth -= 1;
    scan.at += 1;
  }
}

function scanName(scan: Scan, wanted: readonly string[]): boolean {
  const start = scan.at;
  if (!scanString(scan)) return false;
  if (scan.depth === 1) {
    const text = scan.at - start <= keptLength ? scan.bytes.toString('utf8', start, scan.at) : '""';
    const name = JSON.parse(text) as string;
    scan.name = wanted.includes(name) ? name : undefined;
    // A container is no value that is kept, and must not leave an earlier one in its place.
    if (scan.name !== undefined) scan.found.set(scan.name, { start: 0, end: 0 });
  }
  skipSpace(scan);
  if (scan.bytes[scan.at] !== colon) return false;
  scan.at += 1;
  skipSpace(scan);
  return true;
}

function scanScalar(scan: Scan): boolean {
  const start = scan.at;
  if (!(scan.bytes[start] === quote ? scanString(scan) : scanWord(scan))) return false;
  if (scan.depth === 1) keep(scan, start, scan.at);
  return true;
}

function keep({ name, found }: Scan, start: number, end: number): void {
  if (name !== undefined && end - start <= keptLength) found.set(name, { start, end });
}

function scanString(scan: Scan): boolean {
  const { bytes } = scan;
  if (bytes[scan.at] !== quote) return false;
  for (let at = scan.at + 1; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === quote) {
      scan.at = at + 1;
      return true;
    }
    if (byte < 0x20) return false;
    if (byte === backslash) {
      at += 1;
      if (!isEscape(bytes, at)) return false;
    }
  }
  return false;
}

function isEscape(bytes: Buffer, at: number): boolean {
  const letter = String.fromCharCode(bytes[at] ?? 0);
  return letter === 'u'
    ? /^[0-9a-f]{4}$/i.test(bytes.toString('latin1', at + 1, at + 5))
    : '"\\/bfnrt'.includes(letter);
}

/** A number, or one of the three words. */
function scanWord(scan: Scan): boolean {
  const start = scan.at;
  while (isWordByte(scan.bytes[scan.at])) scan.at += 1;
  return /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(
    scan.bytes.toString('latin1', start, scan.at),
  );
}

function isWordByte(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const letter = byte | 0x20;
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (letter >= 0x61 && letter <= 0x7a) ||
    byte === minus ||
    byte === 0x2b ||
    byte === 0x2e
  );
}

function skipSpace(scan: Scan): void {
  for (;;) {
    const byte = scan.bytes[scan.at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
    scan.at += 1;
  }
}

function push(scan: Scan, bracket: number): void {
  if (scan.depth === scan.open.length) scan.open = Buffer.concat([scan.open, Buffer.alloc(scan.depth)]);
  scan.open[scan.depth] = bracket;
  scan.depth += 1;
}

function isObject(scan: Scan): boolean {
  return scan.open[scan.depth - 1] === braceOpen;
}
