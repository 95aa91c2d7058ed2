/**
 * Aho and Corasick's automaton over bytes: finds any of many patterns in one pass, in time that does not depend on how
 * many there are or what they look like. State 0 is the beginning.
 */
export interface Automaton {
  step(state: number, byte: number): number;
  /** How many of the last bytes are the beginning of a pattern, by state. */
  depth: Int32Array;
  /** The length of the longest pattern that ends here, by state; 0 if none does. */
  matched: Int32Array;
  /** Of the longest pattern. */
  longest: number;
}

/**
 * Children are kept as linked lists: a table of 256 entries for each state would take a gigabyte for a bundle of a few
 * hundred kilobytes. Only the first state has a table, since most bytes of a log lead back to it.
 */
export function buildAutomaton(patterns: readonly Uint8Array[]): Automaton {
  const trie = plant(patterns);
  const fail = linkFailures(trie);
  const { bytes, firstChild, sibling, depth, matched, fromRoot } = trie;
  const step = (from: number, byte: number): number => {
    const wanted = classes[byte] ?? 0;
    let state = from;
    while (state !== 0) {
      let child = firstChild[state] ?? 0;
      while (child !== 0 && bytes[child] !== wanted) child = sibling[child] ?? 0;
      if (child !== 0) return child;
      state = fail[state] ?? 0;
    }
    return fromRoot[wanted] ?? 0;
  };
  return { step, depth, matched, longest: patterns.reduce((most, one) => Math.max(most, one.length), 0) };
}

/** The two alphabets of base64 count as one, which halves the patterns; a text that differs by them alone is hidden too. */
const classes = Uint8Array.from({ length: 256 }, (_, byte) => (byte === 0x2d ? 0x2b : byte === 0x5f ? 0x2f : byte));

interface Trie {
  size: number;
  bytes: Uint8Array;
  firstChild: Int32Array;
  sibling: Int32Array;
  depth: Int32Array;
  matched: Int32Array;
  fromRoot: Int32Array;
}

function plant(patterns: readonly Uint8Array[]): Trie {
  const most = patterns.reduce((sum, one) => sum + one.length, 1);
  const numbers = () => new Int32Array(most);
  const trie: Trie = {
    size: 1,
    bytes: new Uint8Array(most),
    firstChild: numbers(),
    sibling: numbers(),
    depth: numbers(),
    matched: numbers(),
    fromRoot: new Int32Array(256),
  };
  for (const pattern of patterns) {
    let state = 0;
    for (const byte of pattern) state = grow(trie, state, classes[byte] ?? 0);
    if (state !== 0) trie.matched[state] = pattern.length;
  }
  return trie;
}

/** The child of a state by that byte, which is made where there is none. */
function grow(trie: Trie, state: number, byte: number): number {
  const { bytes, firstChild, sibling, depth, fromRoot } = trie;
  let child = state === 0 ? (fromRoot[byte] ?? 0) : (firstChild[state] ?? 0);
  while (child !== 0 && bytes[child] !== byte) child = sibling[child] ?? 0;
  if (child !== 0) return child;
  child = trie.size;
  trie.size += 1;
  bytes[child] = byte;
  depth[child] = (depth[state] ?? 0) + 1;
  sibling[child] = firstChild[state] ?? 0;
  firstChild[state] = child;
  if (state === 0) {
    fromRoot[byte] = child;
    sibling[child] = 0;
    firstChild[0] = 0;
  }
  return child;
}

/** Where to go on when no child fits: the longest proper end of what was read that is a beginning as well. */
function linkFailures({ size, bytes, firstChild, sibling, matched, fromRoot }: Trie): Int32Array {
  const fail = new Int32Array(size);
  const queue = new Int32Array(size);
  let [head, tail] = [0, 0];
  for (const child of fromRoot) if (child !== 0) queue[tail++] = child;
  const find = (from: number, byte: number): number => {
    for (let state = from; state !== 0; state = fail[state] ?? 0) {
      for (let child = firstChild[state] ?? 0; child !== 0; child = sibling[child] ?? 0)
        if (bytes[child] === byte) return child;
    }
    return fromRoot[byte] ?? 0;
  };
  while (head < tail) {
    const state = queue[head++] ?? 0;
    for (let child = firstChild[state] ?? 0; child !== 0; child = sibling[child] ?? 0) {
      const end = find(fail[state] ?? 0, bytes[child] ?? 0);
      fail[child] = end;
      if (matched[child] === 0) matched[child] = matched[end] ?? 0;
      queue[tail++] = child;
    }
  }
  return fail;
}
