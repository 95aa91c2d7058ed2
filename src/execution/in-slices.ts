const sliceMs = 5;

/**
 * For work on thousands of small files: synchronous calls take a tenth of what they do through the thread pool, and
 * what this returns, called between them, gives everybody else their turn by a promise from time to time.
 */
export function inSlices(): () => Promise<void> | undefined {
  let until = performance.now() + sliceMs;
  return () => {
    if (performance.now() < until) return undefined;
    return new Promise((resolve) =>
      setImmediate(() => {
        until = performance.now() + sliceMs;
        resolve();
      }),
    );
  };
}
