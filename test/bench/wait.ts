const longestMs = 300_000;

/** Waits for a condition, looking every few milliseconds. Throws when it does not come true. */
export async function untilTrue(what: string, look: () => boolean | Promise<boolean>, everyMs: number): Promise<void> {
  const deadline = Date.now() + longestMs;
  while (!(await look())) {
    if (Date.now() > deadline) throw new Error(`Waited ${longestMs / 1000} s in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
