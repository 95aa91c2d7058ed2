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

export function buildAutomaton(patterns: Iterable<Uint8Array>): Automaton {
  const trie = plant(patterns);
  const fail = linkFailures(trie);
  const { depth, matched, fromRoot } = trie;
  const step = (from: number, byte: number): number => {
    const wanted = classes[byte] ?? 0;
    for (let state = from; state !== 0; state = fail[state] ?? 0) {
      const next = childOf(trie, state, wanted);
      if (next !== 0) return next;
    }
    return fromRoot[wanted] ?? 0;
  };
  return { step, depth, matched, longest: trie.longest };
}

/** The two alphabets of base64 count as one, which halves the patterns; a text that differs by them alone is hidden too. */
const classes = Uint8Array.from({ length: 256 }, (_, byte) => (byte === 0x2d ? 0x2b : byte === 0x5f ? 0x2f : byte));

/**
 * States by number, with the byte and the state that lead to each. Most states have one child, the next number; other
 * children are in one table by state and byte. A table of 256 entries for each state would take gigabytes, and lists of
 * children are long near the beginning, where most of a log is read.
 */
interface Trie {
  size: number;
  longest: number;
  bytes: Uint8Array;
  parent: Int32Array;
  depth: Int32Array;
  matched: Int32Array;
  /** Whether a state has children in the table. */
  branches: Uint8Array;
  /** A power of two long, and never more than half full; 0 where nothing is. */
  table: Int32Array;
  tabled: number;
  /** Most bytes of a log lead back to the beginning: its own children are found at once. */
  fromRoot: Int32Array;
}

function plant(patterns: Iterable<Uint8Array>): Trie {
  const trie: Trie = {
    size: 1,
    longest: 0,
    ...roomFor(2),
    table: new Int32Array(1024),
    tabled: 0,
    fromRoot: new Int32Array(256),
  };
  for (const pattern of patterns) {
    if (trie.size + pattern.length >= trie.bytes.length) enlarge(trie, 2 * (trie.size + pattern.length));
    let state = 0;
    for (const byte of pattern) state = grow(trie, state, classes[byte] ?? 0);
    if (state !== 0) trie.matched[state] = pattern.length;
    trie.longest = Math.max(trie.longest, pattern.length);
  }
  return trie;
}

function roomFor(states: number) {
  return {
    bytes: new Uint8Array(states),
    parent: new Int32Array(states),
    depth: new Int32Array(states),
    matched: new Int32Array(states),
    branches: new Uint8Array(states),
  };
}

/** How many states there will be is not known before: most patterns begin alike. */
function enlarge(trie: Trie, states: number): void {
  const room = roomFor(states);
  for (const name of ['bytes', 'parent', 'depth', 'matched', 'branches'] as const) room[name].set(trie[name]);
  Object.assign(trie, room);
}

/** Where in the table the child of a state by that byte is, or belongs. */
function placeOf({ table, parent, bytes }: Trie, state: number, byte: number): number {
  const last = table.length - 1;
  let place = Math.imul((state << 8) ^ byte ^ (state >>> 24), 0x9e3779b1) >>> 7;
  for (place &= last; ; place = (place + 1) & last) {
    const child = table[place] ?? 0;
    if (child === 0 || (parent[child] === state && bytes[child] === byte)) return place;
  }
}

/** The child of a state by that byte; 0 if there is none. */
function childOf(trie: Trie, state: number, byte: number): number {
  const next = state + 1;
  if (trie.bytes[next] === byte && trie.parent[next] === state) return next;
  return trie.branches[state] === 0 ? 0 : (trie.table[placeOf(trie, state, byte)] ?? 0);
}

/** The same, but the child is made where there is none. */
function grow(trie: Trie, state: number, byte: number): number {
  const known = state === 0 ? (trie.fromRoot[byte] ?? 0) : childOf(trie, state, byte);
  if (known !== 0) return known;
  const child = trie.size;
  trie.size += 1;
  trie.bytes[child] = byte;
  trie.parent[child] = state;
  trie.depth[child] = (trie.depth[state] ?? 0) + 1;
  if (state === 0) trie.fromRoot[byte] = child;
  else if (child !== state + 1) tabulate(trie, child);
  return child;
}

function tabulate(trie: Trie, child: number): void {
  const put = (one: number) => {
    trie.table[placeOf(trie, trie.parent[one] ?? 0, trie.bytes[one] ?? 0)] = one;
  };
  trie.tabled += 1;
  if (trie.tabled * 2 > trie.table.length) {
    const former = trie.table;
    trie.table = new Int32Array(former.length * 4);
    for (const one of former) if (one !== 0) put(one);
  }
  trie.branches[trie.parent[child] ?? 0] = 1;
  put(child);
}

/** Where to go on when no child fits: the longest proper end of what was read that is a beginning as well. */
function linkFailures(trie: Trie): Int32Array {
  const { size, bytes, parent, depth, matched, fromRoot } = trie;
  const fail = new Int32Array(size);
  for (const state of byDepth(depth, size)) {
    if ((depth[state] ?? 0) < 2) continue;
    const byte = bytes[state] ?? 0;
    let end = 0;
    for (let from = fail[parent[state] ?? 0] ?? 0; from !== 0 && end === 0; from = fail[from] ?? 0)
      end = childOf(trie, from, byte);
    if (end === 0) end = fromRoot[byte] ?? 0;
    fail[state] = end;
    if (matched[state] === 0) matched[state] = matched[end] ?? 0;
  }
  return fail;
}

/** All states, those near the beginning first. */
function byDepth(depth: Int32Array, size: number): Int32Array {
  const deepest = depth.reduce((most, one) => Math.max(most, one), 0);
  const next = new Int32Array(deepest + 2);
  for (let state = 0; state < size; state += 1)
    next[(depth[state] ?? 0) + 1] = (next[(depth[state] ?? 0) + 1] ?? 0) + 1;
  for (let at = 1; at < next.length; at += 1) next[at] = (next[at] ?? 0) + (next[at - 1] ?? 0);
  const order = new Int32Array(size);
  for (let state = 0; state < size; state += 1) {
    const level = depth[state] ?? 0;
    order[next[level] ?? 0] = state;
    next[level] = (next[level] ?? 0) + 1;
  }
  return order;
}
