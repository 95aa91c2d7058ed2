import { setTimeout as sleep } from 'node:timers/promises';

export interface Wanted<T> {
  /** The end of a sentence that begins with `Expected`. */
  expected: string;
  /** Undefined as long as it is not there. */
  look(): T | undefined | Promise<T | undefined>;
  /** What is there instead: the end of a sentence that begins with `There was`. */
  seen(): string | Promise<string>;
}

/** Much longer than anything takes, as a busy or slow machine must not end the story. */
const patienceMs = 30_000;
const pauseMs = 20;

/** Looks again and again until there is something to see; gives up with a sentence. */
export async function until<T>(signal: AbortSignal, wanted: Wanted<T>): Promise<T> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const found = await wanted.look();
    if (found !== undefined) return found;
    if (performance.now() > end) {
      throw new Error(
        `Expected ${wanted.expected}. After ${patienceMs / 1000} s there was ${(await wanted.seen()) || 'nothing'}.`,
      );
    }
    await sleep(pauseMs, undefined, { signal });
  }
}

/** Throws the sentence unless it holds. */
export function expect(holds: boolean, expected: string, seen: string): void {
  if (!holds) throw new Error(`Expected ${expected}. There was ${seen || 'nothing'}.`);
}
