import { randomUUID } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from './remove-tree.ts';

/** How many copies wait for an execution: of a monorepo's commit one for each slot is enough, and each is a whole tree. */
const kept = 4;

/**
 * Copies of unpacked sources that an execution is done with, for the next one of the same commit: to make three hundred
 * directories and to remove them again takes a run as long as its plan. What is in them is not looked at here:
 * `place-source` does, before they are kept and when they are taken.
 */
export class SourceCopies {
  readonly #directory: string;
  #waiting: { key: string; path: string }[] = [];

  /** `directory` is on the file system of the work directories, and nobody else's. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Moves a copy to where an empty directory may be. False if there is none. */
  async take(key: string, to: string): Promise<boolean> {
    const copy = this.#waiting.findLast((one) => one.key === key);
    if (copy === undefined) return false;
    this.#waiting = this.#waiting.filter((one) => one !== copy);
    return rename(copy.path, to).then(
      () => true,
      async () => {
        await removeTree(copy.path);
        return false;
      },
    );
  }

  async keep(key: string, from: string): Promise<void> {
    const path = join(this.#directory, randomUUID());
    await rename(from, path);
    this.#waiting.push({ key, path });
    const over = this.#waiting.slice(0, -kept);
    this.#waiting = this.#waiting.slice(-kept);
    for (const copy of over) await removeTree(copy.path);
  }

  async drop(key: string): Promise<void> {
    const dropped = this.#waiting.filter((one) => one.key === key);
    this.#waiting = this.#waiting.filter((one) => one.key !== key);
    for (const copy of dropped) await removeTree(copy.path);
  }
}
