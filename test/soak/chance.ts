/** Draws by lot, the same from the same seed. When what is drawn happens is the machine's, so a run is not repeated by it. */
export interface Chance {
  /** From 0 up to 1. */
  next(): number;
  between(least: number, most: number): number;
  pick<T>(from: readonly T[]): T | undefined;
  /** One of them, each as often as its weight says. */
  weigh<T extends { weight: number }>(from: readonly T[]): T | undefined;
  /** For somebody who draws at the same time: what the one draws does not depend on how often the other does. */
  fork(): Chance;
}

export function chanceOf(seed: number): Chance {
  const next = mulberry32(seed);
  return {
    next,
    between: (least, most) => least + next() * (most - least),
    pick: (from) => from[Math.floor(next() * from.length)],
    weigh(from) {
      let left = next() * from.reduce((sum, { weight }) => sum + weight, 0);
      return from.find(({ weight }) => {
        left -= weight;
        return left < 0;
      });
    },
    fork: () => chanceOf(Math.floor(next() * 2 ** 32)),
  };
}

/** Tommy Ettinger's mulberry32: 32 bits of state are enough to draw acts. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
