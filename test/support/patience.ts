import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until there is something to see. Faults take their time (a lease has to run out, a process to start), and on a
 * machine that is busy more of it: this gives up only when something is wrong.
 */
export async function eventually<T>(expected: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const end = performance.now() + 120_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`Expected ${expected}, and waited for two minutes.`);
    await sleep(50);
  }
}
