const sliceMs = 5;

/**
 * For work on thousands of small files by synchronous calls, which take a tenth of the time that the thread pool's do.
 * What this returns is called and awaited between them: every few milliseconds it lets the event loop go on.
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
