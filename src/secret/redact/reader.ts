import type { Automaton } from './automaton.ts';
import { isBlank } from './forms.ts';
import {
  backslashView,
  compactView,
  percentView,
  plainView,
  type Take,
  twiceBackslashedView,
  type View,
  withoutColours,
} from './views.ts';

/** A part of the stream that holds a secret, by its places; `end` is the first place after it. */
export interface Match {
  start: number;
  end: number;
}

export interface Reader {
  read(bytes: Uint8Array): void;
  /** The end of the stream: escapes that are not finished are read as they stand. */
  finish(): void;
  /** Nothing before this place can become part of a match any more. */
  settledUntil(): number;
  /** The matches that end up to there, in order; those that overlap are one. Each is given once. */
  takeMatches(until: number): Match[];
}

/**
 * Reads a stream in several ways at once (as it is, and with each kind of escape read), each with a place of its own in
 * one automaton. As long as there is nothing that they read differently, one step serves them all.
 */
export function openReader(automaton: Automaton): Reader {
  const { step, depth, matched } = automaton;
  let found: Match[] = [];
  const tell = (match: Match) => found.push(match);
  const tracks = [plainView, percentView, backslashView, twiceBackslashedView, compactView].map((view) =>
    openTrack(automaton, view, tell),
  );
  const raw = openTrack(automaton, plainView, tell);
  const all = [raw, ...tracks];
  const visible = withoutColours((byte, start, end) => {
    for (const track of tracks) track.view.feed(byte, start, end);
  });
  const mostHeld = automaton.longest * 12 + 65_536;
  let place = 0;
  /** The state of all ways while they are together, and whether they are. */
  let state = 0;
  let together = true;
  const part = () => {
    for (const track of all) track.enter(state, place);
    together = false;
  };
  const readApart = (byte: number) => {
    raw.view.feed(byte, place, place + 1);
    visible.feed(byte, place, place + 1);
    if (visible.isInside() || !all.every((track) => track.isAtStart())) return;
    together = true;
    state = 0;
  };
  return {
    read(bytes) {
      for (let at = 0; at < bytes.length; at += 1) {
        const byte = bytes[at] ?? 0;
        if (together && kinds[byte] !== plain && (kinds[byte] === special || state !== 0 || step(0, byte) !== 0))
          part();
        if (!together) readApart(byte);
        else {
          state = step(state, byte);
          const length = matched[state] ?? 0;
          if (length > 0) tell({ start: place + 1 - length, end: place + 1 });
        }
        place += 1;
      }
      // What goes on for longer is colour codes without end: it is let go of, so that memory stays bounded.
      for (const track of together ? [] : all) if (place - track.from() > mostHeld) track.reset();
    },
    finish() {
      for (const track of together ? [] : all) track.reset();
      state = 0;
      visible.reset();
      together = true;
    },
    settledUntil() {
      found = merge(found);
      const from = together ? place - (depth[state] ?? 0) : Math.min(place, ...all.map((track) => track.from()));
      return found.find((match) => match.start < from && match.end > from)?.start ?? from;
    },
    takeMatches(until) {
      const merged = merge(found);
      found = merged.filter((match) => match.end > until);
      return merged.filter((match) => match.end <= until);
    },
  };
}

const [plain, blank, special] = [0, 1, 2];
/** How the ways differ about a byte: not at all, by leaving blanks out, or by what follows it. */
const kinds = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === 0x1b || byte === 0x25 || byte === 0x5c ? special : isBlank(byte) ? blank : plain,
);

interface Track {
  view: View;
  /** Where what may become a match began; Infinity if nothing may. */
  from(): number;
  isAtStart(): boolean;
  reset(): void;
  /** Goes on from a state that was reached by the bytes just before that place. */
  enter(state: number, place: number): void;
}

function openTrack(automaton: Automaton, open: (take: Take) => View, tell: (match: Match) => void): Track {
  let state = 0;
  let count = 0;
  /** Where the last bytes began, as many as the longest pattern has. */
  let ring = new Float64Array(64);
  const startOf = (back: number) => ring[(count - back) % ring.length] ?? 0;
  const take: Take = (byte, start, end) => {
    ring[count % ring.length] = start;
    count += 1;
    state = automaton.step(state, byte);
    const matched = automaton.matched[state] ?? 0;
    if (matched > 0) tell({ start: startOf(matched), end });
    if ((automaton.depth[state] ?? 0) === ring.length) ring = enlarge(ring, count);
  };
  const view = open(take);
  return {
    view,
    from: () =>
      Math.min(view.pendingFrom(), state === 0 ? Number.POSITIVE_INFINITY : startOf(automaton.depth[state] ?? 0)),
    isAtStart: () => state === 0 && view.pendingFrom() === Number.POSITIVE_INFINITY,
    reset: () => {
      view.finish();
      state = 0;
    },
    enter: (reached, place) => {
      state = reached;
      const length = automaton.depth[reached] ?? 0;
      while (ring.length <= length) ring = enlarge(ring, count);
      for (let at = place - length; at < place; at += 1) ring[count++ % ring.length] = at;
    },
  };
}

/** Twice as large, each place where its count puts it. */
function enlarge(ring: Float64Array, count: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(ring.length * 2);
  for (let at = count - ring.length; at < count; at += 1) larger[at % larger.length] = ring[at % ring.length] ?? 0;
  return larger;
}

function merge(found: readonly Match[]): Match[] {
  if (found.length < 2) return [...found];
  const merged: Match[] = [];
  for (const match of [...found].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last && match.start < last.end) last.end = Math.max(last.end, match.end);
    else merged.push({ ...match });
  }
  return merged;
}
